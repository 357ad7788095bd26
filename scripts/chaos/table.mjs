/** A table in plain text: columns as wide as they have to be. */
export function tableOf(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((cells) => cells[i].length)));
  return rows
    .map((cells) =>
      cells
        .map((cell, i) => cell.padEnd(widths[i]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** The value below which a share of all is; nothing of none. */
export function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** `1.2`, `85`, `–`. */
export function ms(value) {
  if (value === undefined) return '–';
  return value < 10 ? value.toFixed(1) : String(Math.round(value));
}
