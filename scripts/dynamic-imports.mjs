// An esbuild plugin: `await import('library')` of a CommonJS library gives the same names in the bundle as it does in Node.
// With splitting, esbuild gives such an import only a `default`; Node also gives the names that it finds in the library. This asks
// Node for them when the bundle is built, and re-exports them from a small module of its own.
import { isBuiltin } from 'node:module';
// One of the libraries that are asked for their names does not load without it.
import 'reflect-metadata';

const NAMESPACE = 'dynamic-import';

export const dynamicImports = {
  name: 'dynamic-imports',
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, (args) =>
      args.kind === 'dynamic-import' && args.namespace !== NAMESPACE && !isBuiltin(args.path)
        ? { path: args.path, namespace: NAMESPACE, pluginData: { resolveDir: args.resolveDir } }
        : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: NAMESPACE }, async ({ path, pluginData }) => {
      const exported = Object.keys(await import(path));
      const names = exported.filter((name) => name !== 'default' && name !== 'module.exports');
      const library = JSON.stringify(path);
      const contents = [
        `import * as library from ${library};`,
        ...(exported.includes('default') ? ['export default library.default;'] : []),
        ...names.map(
          (name, i) => `const export${i} = library[${JSON.stringify(name)}]; export { export${i} as ${name} };`,
        ),
      ].join('\n');
      return { contents, resolveDir: pluginData.resolveDir, loader: 'js' };
    });
  },
};
