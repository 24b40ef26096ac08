import { isIP } from 'node:net';
import { Argument, InvalidArgumentError, type Command } from 'commander';
import type { LinkCondition } from '../../lab/index.ts';
import type { App } from '../app.ts';
import { flag, positiveNumber } from '../options.ts';
import { homeFlag, rehearsalOf, runningLab, type HomeFlags, type RehearsalFlags } from './lab-home.ts';
import { describeLink } from './lab-status.ts';

type Flags = HomeFlags & RehearsalFlags;

interface LinkFlags extends Flags {
  readonly from?: string;
  readonly to?: string;
  readonly state?: LinkCondition['state'];
  readonly latency?: number;
  readonly bandwidth?: number | 'any';
  readonly block?: readonly number[];
}

/** `lab names|link|power|compact`: what happens to the sites of a lab and between them. */
export function registerLabSites(lab: Command, app: App): void {
  rehearsalOf(homeFlag(lab.command('names')))
    .description("Change the lab's DNS: let names lead to other addresses, or show where they lead")
    .addArgument(new Argument('[name=ip...]', 'an empty address takes the name away').default([]))
    .addHelpText(
      'after',
      `
A switch of the platform domain is a change of DNS; this is the lab's. As a hook of the DR workflows, {domain} and {ip} are filled in.

Examples:
  globalctl lab names --home /tmp/lab
  globalctl lab names --home /tmp/lab platform.example.com=10.11.20.10`,
    )
    .action(async (entries: readonly string[], flags: Flags, command: Command) => {
      const client = await runningLab(app, flags, command);
      const names = await client.setNames(Object.fromEntries(entries.map(nameChange)));
      for (const [name, ip] of Object.entries(names)) app.print(`${name} -> ${ip}`);
    });

  rehearsalOf(homeFlag(lab.command('link')))
    .description('Change the links between the sites of a lab, or show how they fare')
    .addOption(flag('--from <site>', 'only connections that this site opens'))
    .addOption(flag('--to <site>', 'only connections to this site; with --from'))
    .addOption(
      flag('--state <state>', 'down: cut and refused; silent: nothing arrives and nobody says so')
        .env('GLOBALCTL_LAB_LINK_STATE')
        .choices(['up', 'down', 'silent']),
    )
    .addOption(flag('--latency <ms>', 'real time that every packet takes').argParser(nonNegative))
    .addOption(flag('--bandwidth <bytes>', 'bytes a second, or "any"').argParser(bandwidth))
    .addOption(
      flag('--block <ports>', 'ports that a firewall between the sites refuses, by commas; "" for none').argParser(
        ports,
      ),
    )
    .addHelpText(
      'after',
      `
Examples:
  globalctl lab link --home /tmp/lab --state down                          a partition
  globalctl lab link --home /tmp/lab --latency 40 --bandwidth 2000000      a slow line
  globalctl lab link --home /tmp/lab --from standby --to primary --block 2379
  globalctl lab link --home /tmp/lab --state up --latency 0 --bandwidth any --block ""`,
    )
    .action(async (flags: LinkFlags, command: Command) => {
      const { from, to, state, latency, bandwidth: bytes, block } = flags;
      const client = await runningLab(app, flags, command);
      const links = await client.changeLink({
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to }),
        ...(state !== undefined && { state }),
        ...(latency !== undefined && { latencyMs: latency }),
        ...(bytes !== undefined && { bytesPerSecond: bytes === 'any' ? null : bytes }),
        ...(block !== undefined && { blockedPorts: block }),
      });
      for (const link of links) app.print(`${link.from} -> ${link.to} ${describeLink(link)}`);
    });

  siteOf(rehearsalOf(homeFlag(lab.command('power'))))
    .description('Cut the power of all machines of a cluster, or give it back')
    .addArgument(new Argument('<state>').choices(['off', 'on']))
    .argument('<cluster>', 'name of the cluster: global')
    .addHelpText(
      'after',
      `
What a cluster had in its etcd is there again when the power is back.

Examples:
  globalctl lab power off global --at primary --home /tmp/lab`,
    )
    .action(async (state: 'on' | 'off', cluster: string, flags: Flags & { at?: string }, command: Command) => {
      const client = await runningLab(app, flags, command);
      await client.setPower(state === 'on', { cluster, ...(flags.at !== undefined && { site: flags.at }) });
      app.note(`the machines of ${cluster} ${state === 'on' ? 'run again' : 'have no power'}`);
    });

  siteOf(rehearsalOf(homeFlag(lab.command('compact'))))
    .description('Compact the etcd of a cluster at its present revision')
    .argument('<cluster>', 'name of the cluster: global')
    .addHelpText(
      'after',
      `
Examples:
  globalctl lab compact global --at primary --home /tmp/lab`,
    )
    .action(async (cluster: string, flags: Flags & { at?: string }, command: Command) => {
      const client = await runningLab(app, flags, command);
      const revision = await client.compact({ cluster, ...(flags.at !== undefined && { site: flags.at }) });
      app.note(`compacted at revision ${String(revision)}`);
    });
}

function siteOf(command: Command): Command {
  return command.addOption(flag('--at <site>', 'where the lab has several sites'));
}

function nameChange(text: string): [string, string | null] {
  const [name = '', ip = ''] = text.split('=');
  if (name === '' || (ip !== '' && isIP(ip) === 0))
    throw new InvalidArgumentError('give a name and an address: platform.example.com=10.0.0.5');
  return [name, ip === '' ? null : ip];
}

function nonNegative(text: string): number {
  const value = Number(text);
  if (text === '' || !(value >= 0)) throw new InvalidArgumentError('give a number, 0 or more');
  return value;
}

function bandwidth(text: string): number | 'any' {
  return text === 'any' ? text : positiveNumber(text);
}

function ports(text: string): number[] {
  const list = text.split(',').filter((part) => part !== '');
  return list.map((part) => {
    const port = Number(part);
    if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new InvalidArgumentError('give ports: 2379,6443');
    return port;
  });
}
