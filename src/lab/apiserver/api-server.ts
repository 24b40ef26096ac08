import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { GlobalctlError, SeededRandom, systemClock, toGlobalctlError, type Clock } from '../../base/index.ts';
import type { KeyValueStore } from '../../etcd/index.ts';
import { formatKubeconfig } from '../../kube/index.ts';
import { WatchCaches, type ApiContext, type PodLogs, type Validator } from './api-context.ts';
import type { UserInfo } from './user-info.ts';
import { AuditLog } from './audit/index.ts';
import { AccessGate } from './auth/access-gate.ts';
import { Authenticator, type TokenAuthenticator } from './auth/authenticator.ts';
import { RbacAuthorizer } from './auth/authorizer.ts';
import { GrantGuard } from './auth/grant-guard.ts';
import { Reviews, reviewResources, type TokenReviewer } from './auth/reviews.ts';
import { SERVICE_ACCOUNT_ISSUER, ServiceAccountTokens } from './auth/service-account-tokens.ts';
import { tokenRequestHandler } from './auth/token-request.ts';
import { TokenSecrets } from './auth/token-secrets.ts';
import { ensureBootstrapObjects } from './bootstrap-objects.ts';
import { builtInResources } from './builtin/index.ts';
import { createClusterCertificates, type ClusterCertificates } from './cluster-certificates.ts';
import { CrdController } from './crd/crd-controller.ts';
import { Discovery } from './discovery.ts';
import { FieldManagers } from './field-managers.ts';
import { AnswersUnderWay } from './http/answers-under-way.ts';
import { ResourceHandler } from './http/resource-handler.ts';
import { Router } from './http/router.ts';
import { hasWatchList } from './http/version-info.ts';
import { SubresourceHandlers } from './http/subresource.ts';
import { subresourceHandlers, scaleHandler } from './http/subresource-handlers.ts';
import { OpenApiDocuments } from './openapi/index.ts';
import { ObjectReader } from './object-reader.ts';
import { ObjectStorage } from './object-storage.ts';
import { ObjectWriter } from './object-writer.ts';
import { Patcher } from './patching.ts';
import type { ResourceDefinition, StrategyContext } from './resource-definition.ts';
import { ResourceRegistry } from './resource-registry.ts';
import { SchemaGate } from './schema-gate.ts';
import { ServiceAddresses } from './service-addresses.ts';
import { ParsedObjects } from './stored-object.ts';

export interface ApiServerOptions {
  /** Where objects live: the lab's own etcd or a real one. Stays open when the server closes. */
  readonly store: KeyValueStore;
  /** Made anew when absent. */
  readonly certificates?: ClusterCertificates | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: SeededRandom | undefined;
  /** `gitVersion` of `/version`, e.g. `v1.33.7`. */
  readonly version?: string | undefined;
  /** Loopback port; 0, the default, takes a free one. */
  readonly port?: number | undefined;
  /** Bearer tokens and whose they are, beside the service account tokens that the server issues. */
  readonly tokens?: Readonly<Record<string, UserInfo>> | undefined;
  /** Simulated admission webhooks by qualified resource name, e.g. `vspheremachinetemplates.infrastructure.cluster.x-k8s.io`. */
  readonly validators?: Readonly<Record<string, Validator>> | undefined;
  readonly podLogs?: PodLogs | undefined;
  /** Path of the audit log; none is written when absent. */
  readonly auditLog?: string | undefined;
  /** Lines about what went wrong inside. */
  readonly log?: ((line: string) => void) | undefined;
  /**
   * Pods get the account that they name, else `default`, with its token and pull secrets, and are refused where there is none.
   * Needs somebody who makes the account `default` of each namespace.
   */
  readonly accountAdmission?: boolean | undefined;
  /** Range of cluster IPs, e.g. `10.4.0.0/16`. */
  readonly serviceCidr?: string | undefined;
}

export interface ApiServer {
  readonly port: number;
  /** `https://127.0.0.1:<port>` */
  readonly url: string;
  readonly certificates: ClusterCertificates;
  /** PEM of the authority that clients trust. */
  readonly caPem: string;
  /** A kubeconfig of an administrator (client certificate, group system:masters). */
  adminKubeconfig(options?: { name?: string; server?: string; proxyUrl?: string }): Promise<string>;
  /** Ends watches in an orderly way, lets requests come to their end for half a second, and frees the port. */
  close(): Promise<void>;
}

/** How long clients have to take the end of their answers when the server closes. */
const CLOSE_GRACE_MS = 500;
const DEFAULT_VERSION = 'v1.33.7';

/** Starts an API server on loopback. Resolves when it serves everything that the store holds. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const certificates = options.certificates ?? (await createClusterCertificates({}));
  const clock = options.clock ?? systemClock;
  const parsed = new ParsedObjects();
  const caches = new WatchCaches(options.store, parsed, clock);
  const registry = new ResourceRegistry(builtInResources);
  const authorizer = new RbacAuthorizer({ registry, caches });
  const context: ApiContext = {
    store: options.store,
    storage: new ObjectStorage(options.store, parsed),
    caches,
    registry,
    clock,
    random: options.random ?? new SeededRandom('apiserver'),
    validators: options.validators ?? {},
    podLogs: options.podLogs,
    grants: new GrantGuard(authorizer),
    accountAdmission: options.accountAdmission ?? false,
  };
  const version = options.version ?? DEFAULT_VERSION;
  const addresses = new ServiceAddresses(options.serviceCidr ?? '10.96.0.0/16');
  const schemas = new SchemaGate();
  const reader = new ObjectReader(context);
  const now = (): number => clock.now();
  const managers = new FieldManagers(schemas, now);
  const strategyContext = (user: UserInfo): StrategyContext => addresses.strategyContext(now(), user);
  const writer = new ObjectWriter({ context, schemas, managers, strategyContext });
  const patcher = new Patcher({ writer, schemas, now });

  const serviceAccounts = new ServiceAccountTokens(certificates.serviceAccountKeyPem, context);
  const reviewToken: TokenReviewer = async (token, audiences) => {
    const known = Object.entries(options.tokens ?? {}).find(([text]) => text === token)?.[1];
    return known ? { user: known, audiences } : await serviceAccounts.review(token, audiences);
  };
  const authenticateToken: TokenAuthenticator = async (token) => {
    const verdict = await reviewToken(token, [SERVICE_ACCOUNT_ISSUER]);
    return 'user' in verdict ? verdict.user : undefined;
  };
  const subresources = new SubresourceHandlers(
    new Map([
      ...subresourceHandlers({ context, reader, writer }),
      ['serviceaccounts/token', tokenRequestHandler({ context, reader, tokens: serviceAccounts })],
    ]),
    scaleHandler({ reader, writer }),
  );
  const audit = options.auditLog === undefined ? undefined : auditLogOf(options.auditLog, options.log);
  const router = new Router({
    now,
    audit,
    authenticator: new Authenticator(authenticateToken),
    access: new AccessGate(authorizer),
    reviews: new Reviews({ authorizer, reviewToken, now }),
    discovery: new Discovery(registry, reviewResources),
    openApi: new OpenApiDocuments(registry, version),
    resources: new ResourceHandler({
      context,
      reader,
      writer,
      patcher,
      subresources,
      rules: { watchList: hasWatchList(version) },
    }),
    version,
  });

  const crds = new CrdController(context, builtInDefinition('customresourcedefinitions'));
  const tokenSecrets = new TokenSecrets({
    context,
    secrets: builtInDefinition('secrets'),
    tokens: serviceAccounts,
    caPem: certificates.authority.certificatePem,
  });
  await addresses.learn(context.storage);
  await crds.start();
  await ensureBootstrapObjects({
    registry,
    writer,
    serverIp: addresses.first,
    clientCaPem: certificates.authority.certificatePem,
  });
  await tokenSecrets.start();

  const answers = new AnswersUnderWay();
  let closing = false;
  const server = createServer(
    {
      cert: certificates.server.certificatePem,
      key: certificates.server.keyPem,
      ca: certificates.authority.certificatePem,
      requestCert: true,
      rejectUnauthorized: false,
      keepAliveTimeout: 60_000,
      requestTimeout: 0,
    },
    (request, response) => {
      if (closing) {
        request.socket.destroy();
        return;
      }
      answers.add(response);
      void router.serve(request, response);
    },
  );
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `https://127.0.0.1:${String(port)}`;
  const caPem = certificates.authority.certificatePem;
  return {
    port,
    url,
    certificates,
    caPem,
    adminKubeconfig: async ({ name = 'kubernetes', server: address = url, proxyUrl } = {}) => {
      const user = await certificates.authority.issue({
        commonName: 'kubernetes-admin',
        organizations: ['system:masters'],
        usages: ['client'],
      });
      return formatKubeconfig(name, {
        server: address,
        caPem,
        insecureSkipTlsVerify: false,
        proxyUrl,
        clientCertificatePem: user.certificatePem,
        clientKeyPem: user.keyPem,
      });
    },
    close: async () => {
      await crds.stop();
      await tokenSecrets.stop();
      closing = true;
      await caches.stop();
      await answers.settled(CLOSE_GRACE_MS);
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      await audit?.close();
    },
  };
}

function builtInDefinition(plural: string): ResourceDefinition {
  const found = builtInResources.find((d) => d.plural === plural);
  if (!found) throw new GlobalctlError('INTERNAL', { message: `no built-in resource ${plural}` });
  return found;
}

function auditLogOf(path: string, log: ApiServerOptions['log']): AuditLog {
  return new AuditLog(path, {
    onGap: (error) => log?.(`${path} cannot be written and has a gap: ${toGlobalctlError(error).message}`),
  });
}
