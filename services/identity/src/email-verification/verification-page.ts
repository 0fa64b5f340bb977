import { createHash } from 'node:crypto';

/** Sends the token of the fragment to where the page is from, when the button is pressed and not before. */
const script = `
const [button, state] = [document.querySelector('button'), document.querySelector('output')];
const token = new URLSearchParams(location.hash.slice(1)).get('token');
if (!token) state.textContent = 'This link is not whole: open it as it is in the mail.';
button.disabled = !token;
button.addEventListener('click', async () => {
  button.disabled = true;
  const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token }) };
  const { status } = await fetch(location.pathname, request).catch(() => ({ status: 0 }));
  const texts = { 204: 'Your address is confirmed.', 410: 'This link was used before, or has expired.' };
  state.textContent = texts[status] ?? 'That did not work. Try again in a minute.';
  button.disabled = status in texts;
});
`;

export const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>HiveSync: confirm your email address</title>
<h1>Confirm your email address</h1>
<p>Press the button if it was you who made a HiveSync account with it.</p>
<p><button disabled>This address is mine</button></p>
<p><output></output></p>
<script>${script}</script>
</html>
`;

const scriptHash = createHash('sha256').update(script).digest('base64');

/** Nothing but that script, and it may speak to this server alone. */
export const pagePolicy = [
  "default-src 'none'",
  `script-src 'sha256-${scriptHash}'`,
  "connect-src 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');
