/**
 * The custom resource definitions of the platform's own kinds, as data, written for this project.
 * The base operator's chart carries them in the lab; with real packages they come from the vendor's charts.
 */
import type { KubeObject } from '../../kube/index.ts';
import { appReleaseCrd } from './app-release.ts';
import { clusterModuleCrd, moduleInfoCrd, modulePluginCrd, platformClusterCrd } from './modules.ts';

export { appReleaseCrd, clusterModuleCrd, moduleInfoCrd, modulePluginCrd, platformClusterCrd };

/** What a cluster needs besides AppRelease to run modules. */
export const moduleCrds: readonly KubeObject[] = [moduleInfoCrd, modulePluginCrd, clusterModuleCrd, platformClusterCrd];
