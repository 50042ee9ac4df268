/** How the page of the document looks. Its hash is in the page's policy, so it is one text. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --text: #1d2630; --dim: #5a6774; --back: #ffffff; --raised: #f4f6f8; --line: #d9dfe5; --link: #0b5cad;
  --get: #0b5cad; --post: #1a7f45; --put: #8a5a00; --delete: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #dde4ea; --dim: #98a5b1; --back: #14191e; --raised: #1d242b; --line: #323c46; --link: #79b8ff;
    --get: #79b8ff; --post: #6fd08c; --put: #e3b341; --delete: #ff8a80;
  }
}
* { box-sizing: border-box; }
body { margin: 0; color: var(--text); background: var(--back); font: 1rem/1.5 system-ui, sans-serif; }
a { color: var(--link); }
a:not(:hover) { text-decoration: none; }
small, summary { color: var(--dim); font-size: 0.875rem; }
code, pre, .method { font-family: ui-monospace, monospace; font-size: 0.875rem; }
main { min-width: 0; max-width: 60rem; padding: 1rem 1.5rem 4rem; }
nav { padding: 1rem 1.5rem; border-bottom: 1px solid var(--line); background: var(--raised); }
nav h2 { margin: 1rem 0 0.25rem; font-size: 1rem; }
nav ul { margin: 0; padding: 0; list-style: none; }
nav li a { display: block; padding: 0.125rem 0; color: var(--text); font-size: 0.875rem; }
@media (min-width: 64rem) {
  body { display: grid; grid-template-columns: 22rem 1fr; }
  nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; border: 0; border-right: 1px solid var(--line); }
}
h1 { margin: 0.5rem 0; font-size: 1.75rem; }
main h2 { margin: 2.5rem 0 0; padding-bottom: 0.25rem; border-bottom: 1px solid var(--line); }
article { padding: 0.25rem 0 1rem; border-bottom: 1px solid var(--line); }
article p { margin: 0.5rem 0; }
h3 { margin: 1rem 0 0.25rem; font-size: 1.0625rem; }
.method { display: inline-block; min-width: 3.75rem; font-weight: 600; }
.get { color: var(--get); }
.post { color: var(--post); }
.put { color: var(--put); }
.delete { color: var(--delete); }
table { width: 100%; border-collapse: collapse; font-size: 0.875rem; }
th, td { padding: 0.25rem 0.75rem 0.25rem 0; border-top: 1px solid var(--line); text-align: left; vertical-align: top; }
th { color: var(--dim); font-weight: normal; }
td, .where { overflow-wrap: anywhere; }
summary { cursor: pointer; }
pre { overflow-x: auto; margin: 0.5rem 0; padding: 0.75rem 1rem; border-radius: 0.375rem; background: var(--raised); }
:target { scroll-margin-top: 1rem; }
:target > h3, h3:target { text-decoration: underline; text-underline-offset: 0.25rem; }
`;
