/**
 * Modules of the platform: ModulePlugin says what a module consists of, ModuleInfo that it is wanted on a cluster.
 * The controller turns the one into an AppRelease by the other and reports into ClusterModule.
 */
export { runModuleController, type ModuleControllerOptions } from './controller.ts';
export { moduleInfoFor, moduleLabels, modulePluginFor, type ModuleChart, type ModulePluginContent } from './objects.ts';
