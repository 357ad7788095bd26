const BROWSERS = ['Edg', 'OPR', 'Firefox', 'Chrome', 'Safari'] as const; // most of them say that they are Safari, too
const SYSTEMS = ['Android', 'iPhone', 'iPad', 'Windows', 'Mac OS', 'CrOS', 'Linux'] as const;
const NAMES: Readonly<Record<string, string>> = { Edg: 'Edge', OPR: 'Opera', 'Mac OS': 'macOS', CrOS: 'ChromeOS' };

/** A first name for a device that its owner can tell apart, such as `Firefox on Linux`. */
export function browserName(agent: string = navigator.userAgent): string {
  const find = (words: readonly string[]) => words.find((word) => agent.includes(word));
  const [browser = 'Browser', system = 'some system'] = [find(BROWSERS), find(SYSTEMS)];
  return `${NAMES[browser] ?? browser} on ${NAMES[system] ?? system}`;
}
