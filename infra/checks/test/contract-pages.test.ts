import { errorCatalogue, eventCatalogue, projectDeleted, tierLimitChanged } from '@hivesync/contracts';
import { expect, test } from 'vitest';
import { errorCodesPage, eventsPage } from '../src/contract-pages.ts';

test('the page of errors has every code once, with its status and meaning', () => {
  const page = errorCodesPage();
  for (const [code, [status, title]] of Object.entries(errorCatalogue)) {
    expect(page.split(`| ${status} | \`${code}\` | ${title} |`)).toHaveLength(2);
  }
});

test('the page of events has every type once, with its fields and what ends its subject', () => {
  const page = eventsPage(eventCatalogue.values());
  for (const type of eventCatalogue.keys()) expect(page.split(`| \`${type}\` |`)).toHaveLength(2);
  expect(eventsPage([projectDeleted])).toContain('| `projects.project.deleted` | nothing | yes |');
  expect(eventsPage([tierLimitChanged])).toContain(
    '| `billing.tier_limit.changed` | `tier` free \\| pro \\| premium, `limit_key` string, `value` integer |  |',
  );
});
