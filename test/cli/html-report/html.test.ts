import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { html } from '../../../cli/html-report/html.ts';

describe('a template', () => {
  it('shows every text as text, in an element and in an attribute', () => {
    const name = `<script>alert("it's")</script>&`;
    const shown = '&lt;script&gt;alert(&quot;it&#39;s&quot;)&lt;/script&gt;&amp;';
    expect(html`<p title="${name}">${name}</p>`.text).toBe(`<p title="${shown}">${shown}</p>`);
  });

  it('joins lists, keeps the HTML of its own, and leaves nothing of nothing', () => {
    const items = ['a', '<b>'].map((item) => html`<li>${item}</li>`);
    expect(html`<ul>${items}${null}${undefined}${false}${0}</ul>`.text).toBe('<ul><li>a</li><li>&lt;b&gt;</li>0</ul>');
  });

  it('shows characters that would turn a line round as what they are not', () => {
    expect(html`${'cell\u202Eelif\u0000'}`.text).toBe('cell\u{FFFD}elif\u{FFFD}');
  });

  it('never lets a text out of its place, whatever it holds', () => {
    const pieces = fc.constantFrom('<', '>', '"', "'", '&', '</p>', '<!--', '-->', '\u2028', '\\', '${', 'x', ' ');
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (all) => {
        expect(html`${all.join('')}`.text).not.toMatch(/[<>"']|&(?!(amp|lt|gt|quot|#39);)/);
      }),
    );
  });
});
