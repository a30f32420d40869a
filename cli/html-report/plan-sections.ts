import type { Plan } from '../../domain/plan.ts';
import { type Check, checkTitles, type DatabasePreflight } from '../../domain/preflight.ts';
import type { RunStatus } from '../../domain/run-status.ts';
import { countOf, formatCount } from '../display/text.ts';
import { badge, empty, folded, section, table } from './elements.ts';
import { type Html, html } from './html.ts';

/** How many projects are shown; the document has all. */
const PROJECTS_SHOWN = 20;

const statuses: Readonly<Record<Check['state'], RunStatus>> = {
  ok: 'complete',
  warning: 'needs-attention',
  failed: 'failed',
};

interface Row extends Check {
  database: string;
}

/** What was checked of each database before the plan; where all is well it is folded away. */
export function preflightSection(preflight: readonly DatabasePreflight[]): Html {
  const rows = preflight.flatMap(({ database, checks }) => checks.map((check): Row => ({ ...check, database })));
  const open = rows.filter(({ state }) => state !== 'ok');
  const fine = rows.filter(({ state }) => state === 'ok');
  return section(
    'databases',
    'Databases',
    open.length === 0 && empty(`All checks of ${countOf(preflight.length, 'database')} went well.`),
    open.length > 0 && checksTable('What does not hold', open),
    fine.length > 0 && folded(`${countOf(fine.length, 'check')} that went well`, checksTable('What holds', fine)),
  );
}

function checksTable(caption: string, rows: readonly Row[]): Html {
  return table(
    caption,
    [
      { title: 'database', cell: ({ database }) => database },
      { title: 'check', cell: ({ check }) => checkTitles[check] },
      { title: 'state', cell: ({ state }) => badge(statuses[state], state) },
      {
        title: 'result',
        cell: ({ detail, remedy }) => html`${detail}${remedy !== null && html`<br><strong>${remedy}</strong>`}`,
      },
    ],
    rows,
  );
}

/** To which projects belongs what would be mapped. */
export function projectsSection(projects: Plan['projects']): Html {
  const more = projects.length - PROJECTS_SHOWN;
  return section(
    'projects',
    'Projects',
    projects.length === 0
      ? empty('Nothing is to be mapped.')
      : table(
          'What map would insert',
          [
            { title: 'project', cell: ({ project }) => html`<code>${project}</code>` },
            { title: 'to map', isNumber: true, cell: ({ instances }) => formatCount(instances) },
          ],
          projects.slice(0, PROJECTS_SHOWN),
        ),
    more > 0 && html`<p class="more">and ${countOf(more, 'more project')}; --json lists them all</p>`,
  );
}
