import type { LintOutput } from './print.ts';

/** The flags of `lint`, as they were given. */
export interface LintFlags {
  readonly filename?: string;
  readonly provider?: string;
  readonly cluster?: string;
  readonly crds?: readonly string[];
  readonly live: boolean;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly rule?: readonly string[];
  readonly skip?: readonly string[];
  readonly severity?: readonly string[];
  readonly strict: boolean;
  readonly failover: boolean;
  readonly fix: boolean;
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly output: LintOutput;
  readonly verbose: boolean;
}
