// Types into the playground as a user would, by keyboard alone, and lets axe-core look at it.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core"), "utf8");

function check(condition, message) {
  if (!condition) throw new Error(message);
}

/** What axe-core finds, and whether the page fits the screen. */
async function inspect(page, when) {
  await page.evaluate(axe);
  const found = await page.evaluate(async () => (await globalThis.axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`));
  check(found.length === 0, `${when}: ${found.join("\n")}`);
  const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  check(content <= screen, `${when}: the page is ${content} wide on a screen of ${screen}`);
}

/** Drives the page at this address in the browser. */
export async function drive(browser, url) {
  const page = await browser.newPage();
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
  page.on("request", (request) => request.url().startsWith(new URL("/", url).href) || request.url().startsWith("data:") || wrong.push(`asked for ${request.url()}`));
  const problems = () => page.textContent("#problems");
  const result = (title) => page.textContent(`h2:text-is("${title}") + pre`);
  try {
    await page.goto(url);

    await page.focus("#command");
    await page.keyboard.press("Control+A");
    await page.keyboard.type("astro workspace token create --name CI --role WORKSPACE_AUTHR --expiration 30 --workspace-id clws");
    check(/\n +\^{15}\n.*did you mean `WORKSPACE_AUTHOR`/s.test(await problems()), `no carets: ${await problems()}`);
    check((await page.getAttribute("#command", "aria-invalid")) === "true", "the field is not marked");
    await inspect(page, "a wrong command");

    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    check((await problems()) === "none", `after the correction: ${await problems()}`);
    const { method, body } = JSON.parse(await result("Request"));
    check(method === "POST" && body.role === "WORKSPACE_AUTHOR" && body.entityId === "clws", "not the request of the command");
    check((await result("curl")).includes("Bearer $ASTRO_API_TOKEN"), "no placeholder for the token");
    for (const shell of ["POSIX shell", "PowerShell", "cmd.exe"]) {
      check((await result(`Command for ${shell}`)).startsWith("astro workspace token create --name CI"), `no command for ${shell}`);
    }

    await page.focus('[value="line"]');
    await page.keyboard.press("ArrowDown");
    await page.focus('[name="name"]');
    await page.keyboard.press("Control+A");
    await page.keyboard.type("Bob's");
    await page.focus('[name="role"]');
    await page.keyboard.type("ORGANIZATION_OWNR");
    check((await page.getAttribute('[name="role"]', "aria-invalid")) === "true", "the role is not marked");
    check((await problems()).includes("did you mean `ORGANIZATION_OWNER`?"), `in the form: ${await problems()}`);
    await page.keyboard.press("Backspace");
    await page.keyboard.type("ER");
    check((await problems()) === "none", `in the form: ${await problems()}`);
    check((await result("Command for POSIX shell")).includes(String.raw`--name 'Bob'\''s'`), "not quoted");

    for (const colorScheme of ["light", "dark"]) {
      for (const [width, height] of [[1280, 800], [360, 740]]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height });
        await inspect(page, `${colorScheme}, ${width} wide`);
      }
    }
    check(wrong.length === 0, wrong.join("\n"));
  } finally {
    await page.close();
  }
}
