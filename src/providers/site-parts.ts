import { composeSiteSchema } from '../site/schema.ts';
import { dcsSite } from './dcs/site.ts';
import { hcsSite } from './hcs/site.ts';
import { vsphereSite } from './vsphere/site.ts';

/** What each built provider contributes to the site file. */
export const siteParts = [dcsSite, vsphereSite, hcsSite] as const;

/** The schema of every site file that globalctl understands. */
export const siteSchema = composeSiteSchema(siteParts);
