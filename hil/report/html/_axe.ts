/** For tests in a browser: what axe-core finds wrong with a page for who cannot see it well. */

/** A tab of a browser. */
interface Shown {
  readonly page: { evaluate(script: string): Promise<unknown> };
}

/** What is serious, with the elements. @param rules only these; default all */
export async function faultsOf({ page }: Shown, rules?: readonly string[]): Promise<string[]> {
  const { default: axe } = await import("axe-core");
  await page.evaluate(axe.source);
  const options = JSON.stringify({
    ...(rules && { runOnly: rules }),
    resultTypes: ["violations"],
  });
  type Found = { id: string; impact: string; nodes: { html: string }[] };
  const { violations } = await page.evaluate(`axe.run(${options})`) as { violations: Found[] };
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).slice(0, 3).join(" ")}`);
}
