import { beforeAll, expect, it } from 'vitest';
import { describeWithKubectl, type Kubectl } from './kubectl.fixture.ts';
import { SIGNING_REQUEST } from './signing-request.fixture.ts';

describeWithKubectl('who may do what', (suite) => {
  let kubectl: Kubectl;
  const robot = '--as=system:serviceaccount:access:robot';
  beforeAll(async () => {
    kubectl = await suite.in('access');
    await kubectl.out('create serviceaccount robot');
    await kubectl.out('create rolebinding robot --clusterrole=view --serviceaccount=access:robot');
  });

  it('answers what the user may do', async () => {
    expect(await kubectl.out('auth can-i delete nodes')).toContain('yes');
    expect(await kubectl.out(`auth can-i list pods ${robot}`)).toBe('yes\n');
    expect((await kubectl.run(`auth can-i delete pods ${robot}`)).stdout).toBe('no\n');
    expect((await kubectl.run(`auth can-i list pods --namespace=default ${robot}`)).code).toBe(1);
    expect((await kubectl.run(`auth can-i get pods/log ${robot}`)).stdout).toBe('yes\n');
    expect((await kubectl.run(`auth can-i get /healthz ${robot}`)).stdout).toBe('yes\n');
    expect((await kubectl.run(`auth can-i get secrets ${robot}`)).stdout).toBe('no\n');
  });

  it('lists all that the user may do', async () => {
    const all = await kubectl.out('auth can-i --list');
    expect(all).toMatch(/^\*\.\*\s+\[\]\s+\[\]\s+\[\*\]/m);
    const few = await kubectl.out(`auth can-i --list ${robot}`);
    expect(few).toMatch(/^configmaps\s+\[\]\s+\[\]\s+\[get list watch\]/m);
    expect(few).toMatch(/^selfsubjectaccessreviews\.authorization\.k8s\.io\s+\[\]\s+\[\]\s+\[create\]/m);
  });

  it('refuses what a user may not, in the words of RBAC', async () => {
    expect(await kubectl.refusal(`delete pod p ${robot}`)).toContain(
      'Error from server (Forbidden): pods "p" is forbidden: User "system:serviceaccount:access:robot" cannot delete resource "pods" in API group "" in the namespace "access"',
    );
    expect(await kubectl.refusal(`get nodes ${robot}`)).toContain(
      'nodes is forbidden: User "system:serviceaccount:access:robot" cannot list resource "nodes" in API group "" at the cluster scope',
    );
    expect(await kubectl.out(`get configmaps -o name ${robot}`)).toContain('configmap/kube-root-ca.crt');
  });

  it('knows who asks, by certificate, token and impersonation', async () => {
    // From 1.28 on; before, the question was one of an alpha group.
    if (suite.minor < 28) return;
    expect(await kubectl.out('auth whoami')).toMatch(/Username\s+kubernetes-admin\nGroups\s+\[system:masters/);
    expect(await kubectl.out(`auth whoami ${robot} --as-group=g`)).toMatch(
      /Username\s+system:serviceaccount:access:robot\n/,
    );
    const token = (await kubectl.out('create token robot')).trim();
    const json = await kubectl.out(['config', 'view', '--raw', '-o=jsonpath={.clusters[0].cluster.server}']);
    const asRobot = await kubectl.run(
      `--kubeconfig=/dev/null --server=${json} --insecure-skip-tls-verify --token=${token} auth whoami`,
    );
    expect(asRobot.stdout).toMatch(/Username\s+system:serviceaccount:access:robot/);
    const wrong = await kubectl.run(
      `--kubeconfig=/dev/null --server=${json} --insecure-skip-tls-verify --token=nobody get pods`,
    );
    expect(wrong.stderr).toMatch(/You must be logged in to the server|Unauthorized/);
  });

  it('keeps requests for certificates, approved or denied', async () => {
    const name = 'signing';
    const request = `{apiVersion: certificates.k8s.io/v1, kind: CertificateSigningRequest, metadata: {name: ${name}}, spec: {request: "${SIGNING_REQUEST}", signerName: example.com/tested, usages: [client auth]}}`;
    await kubectl.out('create -f -', request);
    expect(await kubectl.out('get csr')).toMatch(
      /signing\s+\d+s\s+example\.com\/tested\s+kubernetes-admin\s+<none>\s+Pending/,
    );
    expect(await kubectl.out('certificate approve signing')).toContain('signing approved');
    expect(await kubectl.out('get csr signing')).toMatch(/Approved\n$/);
    expect(await kubectl.refusal('certificate deny signing')).toContain('is already Approved');
    expect(await kubectl.out('describe csr signing')).toMatch(/Common Name:\s+mia\n[^]*Organization:\s+dev/);
    await kubectl.out('delete csr signing');
  });

  it('brings roles into the state that a file describes', async () => {
    const role = (verbs: string): string =>
      `{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: made, namespace: access}, rules: [{apiGroups: [""], resources: [pods], verbs: [${verbs}]}]}`;
    expect(await kubectl.out('auth reconcile -f -', role('get'))).toContain(
      'role.rbac.authorization.k8s.io/made reconciled',
    );
    await kubectl.out('auth reconcile -f -', role('list'));
    expect(await kubectl.out(['get', 'role', 'made', '-o=jsonpath={.rules[*].verbs}'])).toContain('list');
  });

  it('keeps who may do little from giving away more', async () => {
    await kubectl.out('create role granter --verb=create,get,patch,update --resource=roles,rolebindings');
    await kubectl.out('create rolebinding granter --role=granter --user=greta');
    expect(await kubectl.refusal('create role much --verb=delete --resource=secrets --as=greta')).toContain(
      'is attempting to grant RBAC permissions not currently held',
    );
  });
});
