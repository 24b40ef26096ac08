import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GlobalctlError } from '../../base/index.ts';
import { findTopics } from './find-topic.ts';
import { explain } from './index.ts';

function pathsOf(name: string): string[] {
  return findTopics(name).map((topic) => (topic.type === 'field' ? topic.path : topic.type));
}

describe('explain', () => {
  it('names the field behind a variable of the guide, however it is written', () => {
    for (const name of ['CONTROL_PLANE_VIP', '${CONTROL_PLANE_VIP}', '$CONTROL_PLANE_VIP', 'control_plane_vip'])
      expect(pathsOf(name)).toEqual(['network.controlPlaneVIP']);
    expect(pathsOf('HCS_PROVIDER_VERSION')).toEqual(['versions.infrastructureProvider']);
  });

  it('finds a field by its path, with or without indexes, and by the end of its path', () => {
    expect(pathsOf('controlPlane.nodes[2].ip')).toEqual(['controlPlane.nodes[].ip']);
    expect(pathsOf('controlPlane.nodes.ip')).toEqual(['controlPlane.nodes[].ip']);
    expect(pathsOf('podCIDR')).toEqual(['network.podCIDR']);
  });

  it('tells which provider a field belongs to, and lists a common one once', () => {
    expect(findTopics('dcs.endpoint')).toMatchObject([{ providers: ['dcs'] }]);
    expect(findTopics('controlPlane.nodes')).toHaveLength(1);
    expect(findTopics('provider')).toMatchObject([{ value: 'dcs, vsphere, hcs' }]);
  });

  it('says the default, also where other fields give it', () => {
    expect(explain('NODE_REGISTRY_ADDRESS', 'text')).toContain('default: ${bootstrap.hostIP}:11443');
    expect(explain('CLUSTER_CIDR', 'text')).toContain('default: 100.3.0.0/16');
    expect(findTopics('controlPlane.machine')).toMatchObject([{ default: 'required' }]);
  });

  it('explains an error code with its cure and its exit code', () => {
    expect(findTopics('site_cidr_overlap')).toMatchObject([{ type: 'error', code: 'SITE_CIDR_OVERLAP', exitCode: 3 }]);
  });

  it('explains a rule with what each provider asks, why, how to cure it, and what it finds', () => {
    const [topic] = findTopics('manifest_encryption');
    expect(topic).toMatchObject({ type: 'rule', code: 'MANIFEST_ENCRYPTION', exitCode: 4 });
    const text = explain('MANIFEST_NAME_PREFIX', 'text');
    for (const part of ['cure:', 'why:', 'guide:', '--fix:', 'found:', 'right:', 'name: kcp-global'])
      expect(text).toContain(part);
    expect(explain('MANIFEST_TOKEN', 'text')).toMatch(/Rule of provider dcs[\s\S]*Rule of provider vsphere/);
  });

  it('answers with the nearest name when nothing has that name', () => {
    expect(() => findTopics('CONTROLPLANE_VPI')).toThrow(GlobalctlError);
    try {
      findTopics('SITE_CIDR_OVERLAPS');
    } catch (error) {
      expect(error).toMatchObject({ code: 'USAGE', hint: 'Did you mean SITE_CIDR_OVERLAP?' });
    }
    expect.assertions(2);
  });

  it('prints a list of topics as JSON', () => {
    expect(JSON.parse(explain('HOST_IP', 'json'))).toMatchObject([{ type: 'field', path: 'bootstrap.hostIP' }]);
  });

  it('knows every variable that the guide sets', async (context) => {
    const guide = await readFile(join(import.meta.dirname, '../../../../shared/reference/seed.txt'), 'utf8').catch(
      () => '',
    );
    if (guide === '') context.skip('../shared/reference/seed.txt, the text of the guide, is not here');
    const variables = new Set([...guide.matchAll(/export ([A-Z0-9_]+)=/g)].map(([, name]) => name ?? ''));
    expect(variables.size).toBeGreaterThan(20);
    for (const variable of variables) expect(findTopics(variable).length).toBeGreaterThan(0);
  });
});
