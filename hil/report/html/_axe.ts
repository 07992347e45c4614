/** For tests in a browser: what axe-core finds wrong with a page for who cannot see it well. */

/** A tab of a browser. */
interface Shown {
  readonly page: { evaluate(script: string): Promise<unknown> };
}

interface Look {
  /** Only these; default all. */
  readonly rules?: readonly string[];
  /** A selector; default: the whole page. */
  readonly within?: string;
}

/** What is serious, with the elements. */
export async function faultsOf({ page }: Shown, { rules, within }: Look = {}): Promise<string[]> {
  if (!await page.evaluate("'axe' in window")) {
    const { default: axe } = await import("axe-core");
    await page.evaluate(axe.source);
  }
  // Colours that are on their way are nobody's.
  await page.evaluate("Promise.allSettled(document.getAnimations().map((one) => one.finished))");
  const options = { ...(rules && { runOnly: rules }), resultTypes: ["violations"] };
  const args = [...(within === undefined ? [] : [within]), options].map((one) =>
    JSON.stringify(one)
  );
  type Found = { id: string; impact: string; nodes: { html: string }[] };
  const { violations } = await page.evaluate(`axe.run(${args})`) as { violations: Found[] };
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).slice(0, 3).join(" ")}`);
}

/** What another theme can do wrong. */
export const CONTRAST = { rules: ["color-contrast"] };
