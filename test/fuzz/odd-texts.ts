/** Texts that programs trip over. */

/** A text of this many characters, each of them two UTF-16 code units. */
function otters(count: number): string {
  return '\u{1f9a6}'.repeat(count);
}

/** Texts that are good names: whoever takes a name has to keep each as it is. */
export const GOOD_TEXTS: readonly string[] = [
  ...['web', 'a', '0', 'null', 'true', 'undefined', '__proto__', 'constructor', 'toString'],
  ...['\u00e9', 'e\u0301', '\ufb01', '\u202egnirts', '\ufeffmark', 'a\u200bb', '\u{1f9a6}'],
  ...['"', '\\', "'", '`', '<script>alert(1)</script>', '${x}', '{{x}}', '%s%n', '%00', '../..'],
  ...["x'; DROP TABLE groups; --", 'a/b', 'a b', ' a ', 'a\tb', '$where', '*', '-1', '1e400'],
  ...['\ud83e', 'a\ud83eb', '\udda6\ud83e', '\ufffd', '\uffff'],
  ...['n'.repeat(255), 'n'.repeat(256), otters(256)],
];

/** Texts that few take for anything. */
export const ODD_TEXTS: readonly string[] = [
  ...['', ' ', '\t', '\n', '\r\n', '\u0000', 'a\u0000b', '\u2028', '\u007f', '\u0085', 'a\nb'],
  ...['n'.repeat(257), otters(257), 'n'.repeat(20_000)],
];

/** Segments of paths as they go over the wire, each of which names nothing. */
export const ODD_SEGMENTS: readonly string[] = [
  ...['', '.', '..', '...', '%2e', '%2e%2e', '%2E%2E%2F', '%2f', '%5c', '\\', '%00', 'a%00b'],
  ...['%', '%f', '%zz', '%ff', '%c3%28', '%ed%a0%80', '%f4%90%80%80', '%e2%80%ae', '%F0%9F%A6%A6'],
  ...['%0d%0aX-Evil:%201', '%20', '+', '*', ';', 'a;b=c', ':', '@', '~', '$', '&', '=', ',', "'"],
  ...['null', 'undefined', 'NaN', '-1', '0', '1e9', '__proto__', 'constructor', 'hasOwnProperty'],
  ...['{groupId}', ':groupId', '%7BgroupId%7D', '00000000-0000-4000-8000-000000000000'],
  ...['A'.repeat(36), '0'.repeat(64), 'f'.repeat(64), 'n'.repeat(3_000), '%41'.repeat(500)],
];

/** Values of query keys as they go over the wire. */
export const ODD_QUERY_VALUES: readonly string[] = [
  ...[
    '',
    '0',
    '1',
    '-1',
    '+5',
    '%2B5',
    ' 5',
    '%205%20',
    '5.0',
    '1e3',
    '0x10',
    '101',
    '99999999999',
  ],
  ...['9'.repeat(400), 'true', 'TRUE', 'tRuE', 'false', 'yes', '1%00', '%00', '%ff', '%', 'null'],
  ...['NaN', 'Infinity', 'newest-first', 'oldest-first', 'zzzz', '%F0%9F%A6%A6', '..%2f', 'a,b'],
  ...['__proto__', '[]', '{}', "'%20OR%201=1", 'n'.repeat(2_000)],
];

/** Content types, charsets included: none of them changes how a body is read. */
export const ODD_TYPES: readonly string[] = [
  ...['application/json', 'application/json; charset=utf-8', 'application/json; charset=utf-16'],
  ...['application/json;charset=latin1', 'application/json; charset="', 'APPLICATION/JSON'],
  ...['text/plain', 'text/xml', 'application/x-www-form-urlencoded', 'application/octet-stream'],
  ...['multipart/form-data; boundary=x', 'multipart/form-data', '*/*', 'a', '', ';', 'a/b/c'],
  ...['application/json, text/html', `application/json; a=${'b'.repeat(500)}`],
];

/** Further headers: some mean something elsewhere, and some are of no meaning at all. */
export const ODD_HEADERS: readonly (readonly [name: string, value: string])[] = [
  ...[['Accept', 'application/xml'] as const, ['Accept', '*/*;q=0'] as const],
  ...[['Accept', 'text/html, application/xml;q=0.9'] as const, ['Accept', ''] as const],
  ...[['Accept-Encoding', 'gzip, br'] as const, ['Accept-Charset', 'utf-16'] as const],
  ...[['Content-Encoding', 'gzip'] as const, ['Content-Encoding', 'identity'] as const],
  ...[['X-HTTP-Method-Override', 'DELETE'] as const, ['X-Tenant-Id', 'other'] as const],
  ...[['X-Forwarded-For', '10.0.0.1'] as const, ['Forwarded', 'for=1;host=evil'] as const],
  ...[['Range', 'bytes=0-1'] as const, ['If-None-Match', '*'] as const],
  ...[['If-Match', '"x"'] as const, ['If-Match', '*'] as const, ['If-Match', 'W/'] as const],
  ...[['If-Modified-Since', 'never'] as const, ['Idempotency-Key', ''] as const],
  ...[['Idempotency-Key', 'k'.repeat(300)] as const, ['Idempotency-Key', '"one"'] as const],
  ...[['Idempotency-Key', '\u00e9'] as const, ['Last-Event-ID', '-1'] as const],
  ...[['Cookie', 'a=b; '.repeat(50)] as const, ['Connection', 'Upgrade'] as const],
  ...[['Upgrade', 'websocket'] as const, ['Upgrade', 'h2c'] as const, ['TE', 'trailers'] as const],
  ...[['Expect', '100-continue'] as const, ['Expect', 'miracles'] as const],
  ...[['Host', 'localhost'] as const, ['Host', 'evil.example'] as const, ['Host', ''] as const],
  ...[['Host', '127.0.0.1:99999'] as const, ['Host', 'a b'] as const, ['Host', '[::1'] as const],
  ...[['Origin', 'null'] as const, ['Origin', 'https://evil.example'] as const],
  ...[['Sec-Fetch-Site', 'cross-site'] as const, ['Sec-Fetch-Site', 'none'] as const],
  ...[['Authorization', ''] as const, ['Authorization', 'Bearer'] as const],
  ...[['Authorization', 'Bearer  x'] as const, ['Authorization', 'Basic eDp5'] as const],
  ...[['X-Auth-Token', ''] as const, ['X-Auth-Token', 'x'.repeat(9_000)] as const],
  ...[['X-Auth-Token', '\u00ff'] as const, ['X-Long', 'x'.repeat(20_000)] as const],
  ...[['X-Tab', 'a\tb'] as const, ['X-Bell', 'a\u0007b'] as const, ['X Space', 'a'] as const],
  ...[['', 'a'] as const, ['X-Colon:', 'a'] as const, ['X-Break', 'a\r\n b'] as const],
];
