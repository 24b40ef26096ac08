import { GlobalctlError } from '../base/index.ts';
import type { KubeObject } from '../kube/index.ts';
import { renderSite, type RenderedFile, type RenderedSite } from '../manifests/index.ts';
import type { Note, SupportedProvider } from '../providers/index.ts';
import type { LoadedSite } from '../site/index.ts';

export type { RenderedFile };

export interface RenderingOptions {
  readonly loaded: LoadedSite;
  readonly provider: SupportedProvider;
  /** Refuses a site with error findings. */
  readonly check: (loaded: LoadedSite) => Promise<void>;
  /** Whether the bootstrap registry wants a login; undefined while its cluster cannot be asked. */
  readonly authenticated: () => Promise<boolean | undefined>;
}

/** What the site renders to, made once per form and asked for by the steps that write, apply and submit it. */
export class Rendering {
  readonly #loaded: LoadedSite;
  readonly #provider: SupportedProvider;
  readonly #check: (loaded: LoadedSite) => Promise<void>;
  readonly #authenticated: () => Promise<boolean | undefined>;
  readonly #forms = new Map<boolean | undefined, Promise<RenderedSite>>();

  constructor(options: RenderingOptions) {
    this.#loaded = options.loaded;
    this.#provider = options.provider;
    this.#check = options.check;
    this.#authenticated = options.authenticated;
  }

  /** Throws SITE_INVALID when any rule finds an error. */
  async refuseErrors(): Promise<void> {
    await this.#check(this.#loaded);
  }

  async appReleases(): Promise<{ readonly file: RenderedFile; readonly objects: readonly KubeObject[] }> {
    const rendered = await this.#render();
    return { file: this.#file(rendered, this.#provider.files.appReleases), objects: rendered.appReleases };
  }

  async manifest(): Promise<{ readonly file: RenderedFile; readonly objects: readonly KubeObject[] }> {
    const rendered = await this.#render();
    return { file: this.#file(rendered, this.#provider.files.manifest), objects: rendered.manifest };
  }

  /** undefined where the provider needs none. */
  async importConfigMap(): Promise<{ readonly file: RenderedFile; readonly object: KubeObject } | undefined> {
    const rendered = await this.#render();
    const object = rendered.importConfigMap;
    return object && { file: this.#file(rendered, `root/yamls/${object.metadata.name ?? ''}.yaml`), object };
  }

  async installerRequest(): Promise<{ readonly file: RenderedFile; readonly body: unknown }> {
    const rendered = await this.#render();
    return { file: this.#file(rendered, this.#provider.files.installerRequest), body: rendered.installerRequest };
  }

  async notes(): Promise<readonly Note[]> {
    return (await this.#render()).notes;
  }

  /** Files of the rendering that no step of the nine names: those of disaster recovery. */
  async furtherFiles(): Promise<readonly RenderedFile[]> {
    return (await this.#render()).files.filter((f) => f.step === 'disaster recovery');
  }

  async #render(): Promise<RenderedSite> {
    const authenticated = await this.#authenticated();
    const present = this.#forms.get(authenticated);
    if (present) return await present;
    const rendering = renderSite(this.#loaded, authenticated === undefined ? {} : { authenticated });
    this.#forms.set(authenticated, rendering);
    // A secret that could not be read may be there at the next asking.
    rendering.catch(() => this.#forms.delete(authenticated));
    return await rendering;
  }

  #file(rendered: RenderedSite, path: string): RenderedFile {
    const file = rendered.files.find((f) => f.path === path);
    if (!file) throw new GlobalctlError('INTERNAL', { message: `the rendering has no file ${path}`, subject: path });
    return file;
  }
}
