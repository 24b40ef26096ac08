/** What `init` asks; each can be given by a flag of the same name instead. */
export interface SiteAnswers {
  readonly provider: string;
  readonly name?: string | undefined;
  readonly hostIp?: string | undefined;
  readonly vip?: string | undefined;
  readonly platformHost?: string | undefined;
}

export interface Question {
  readonly key: keyof SiteAnswers;
  readonly text: string;
  /** Field of the site whose sample value is offered and whose schema judges the answer. */
  readonly path: readonly string[];
}

export const providerQuestion: Question = { key: 'provider', text: 'Infrastructure provider', path: ['provider'] };

/** Asked once the provider is known. */
export const siteQuestions: readonly Question[] = [
  { key: 'name', text: 'Name of the site', path: ['metadata', 'name'] },
  { key: 'hostIp', text: 'IP address of the KIND host', path: ['bootstrap', 'hostIP'] },
  { key: 'vip', text: 'Control plane VIP', path: ['network', 'controlPlaneVIP'] },
  { key: 'platformHost', text: 'Platform domain (or VIP)', path: ['platform', 'host'] },
];
