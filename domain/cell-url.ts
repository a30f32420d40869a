/**
 * Fills a cell's `database_connection` from the main database URL ([database] connection), as Nova does.
 *
 * The placeholders are those of nova/objects/cell_mapping.py, `_format_url`: {scheme} {username} {password} {hostname}
 * {port} {path} {query} {fragment}, undecoded, the path without its leading slashes; where the main URL has several
 * comma-separated hosts also {username1}, {password1}, {hostname1}, {port1} and so on. `{{` and `}}` stand for braces.
 * What the main URL does not have is filled in as `None`. A text that cannot be formatted is used as it stands; Python's
 * conversions and format specifications (`{port:05}`) count as such.
 * @param mainUrl null where it is not configured: the text is then used as it stands
 */
export function expandCellUrl(template: string, mainUrl: string | null): string {
  const values = mainUrl === null ? null : templateValues(mainUrl);
  if (!values) return template;
  let failed = false;
  const filled = template.replace(/\{\{|\}\}|\{([^{}]*)\}|[{}]/g, (token, name?: string) => {
    if (token === '{{' || token === '}}') return token.charAt(0);
    const value = name === undefined ? undefined : values.get(name);
    if (value === undefined) failed = true;
    return value ?? 'None';
  });
  return failed ? template : filled;
}

/** The parts that Python's `urllib.parse.urlparse` finds, by the names of Nova's placeholders; null where it raises. */
function templateValues(url: string): Map<string, string | null> | null {
  const [, scheme = '', netloc = '', path = '', query = '', fragment = ''] =
    /^(?:([a-z][a-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#([\s\S]*))?$/i.exec(url) ?? [];
  if (netloc.includes('[') !== netloc.includes(']')) return null;

  const at = netloc.lastIndexOf('@');
  const [username, password] = at < 0 ? [null, null] : partition(netloc.slice(0, at), ':');
  const { hostname, port } = splitAddress(netloc.slice(at + 1));
  if (port && !(/^\d+$/.test(port) && Number(port) <= 65_535)) return null;

  const values = new Map<string, string | null>([
    ['scheme', scheme.toLowerCase()],
    ['username', username],
    ['password', password],
    ['hostname', hostname ? lowerCaseHost(hostname) : null],
    ['port', port ? String(Number(port)) : null],
    ['path', path.replace(/^\/+/, '')],
    ['query', query],
    ['fragment', fragment],
  ]);
  if (!netloc.includes(',')) return values;
  for (const [index, part] of netloc.split(',').entries()) {
    const numbered = splitNetloc(part);
    if (!numbered) return null;
    for (const [name, value] of Object.entries(numbered)) values.set(`${name}${index + 1}`, value);
  }
  return values;
}

/** Python's `_hostinfo`. */
function splitAddress(address: string): { hostname: string; port: string | null } {
  const bracket = address.indexOf('[');
  if (bracket < 0) {
    const [hostname, port] = partition(address, ':');
    return { hostname, port };
  }
  const [hostname, rest] = partition(address.slice(bracket + 1), ']');
  return { hostname, port: partition(rest ?? '', ':')[1] };
}

/** Nova's own `_parse_netloc`, used for several hosts: it keeps the colon before the port of an IPv6 host. */
function splitNetloc(netloc: string): Record<'username' | 'password' | 'hostname' | 'port', string | null> | null {
  const at = netloc.indexOf('@');
  const [username, password] = partition(at < 0 ? '' : netloc.slice(0, at), ':');
  const address = netloc.slice(at + 1);
  if (!address.startsWith('[')) {
    const [hostname, port] = partition(address, ':');
    return { username, password, hostname, port };
  }
  const end = address.indexOf(']');
  return end < 0 ? null : { username, password, hostname: address.slice(1, end), port: address.slice(end + 1) };
}

/** A zone (`fe80::1%eth0`) keeps its letters' case. */
function lowerCaseHost(hostname: string): string {
  const [name, zone] = partition(hostname, '%');
  return name.toLowerCase() + (zone === null ? '' : `%${zone}`);
}

/** The text before the first separator, and the text after it or null. */
function partition(text: string, separator: string): [string, string | null] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + separator.length)];
}
