package io.cogaze.synthetic;

/** Builds one record of an RFC-4180 table; numbers are written without locale. */
final class CsvRow {
  private final StringBuilder out;
  private boolean first = true;

  CsvRow(StringBuilder out) {
    this.out = out;
  }

  private void separate() {
    if (!first) {
      out.append(',');
    }
    first = false;
  }

  /** Text that needs no quotes. */
  CsvRow plain(String value) {
    separate();
    out.append(value);
    return this;
  }

  CsvRow whole(long value) {
    separate();
    out.append(value);
    return this;
  }

  /** {@code value / 10^decimals}, exactly. */
  CsvRow scaled(long value, int decimals) {
    separate();
    appendScaled(out, value, decimals);
    return this;
  }

  /** Rounded to the nearest of that many decimals. */
  CsvRow fixed(double value, int decimals) {
    long power = 1;
    for (int i = 0; i < decimals; i++) {
      power *= 10;
    }
    return scaled(Math.round(value * power), decimals);
  }

  /** Text with commas, quotes or line breaks, quoted where need be. */
  CsvRow text(String value) {
    separate();
    if (value.indexOf(',') < 0 && value.indexOf('"') < 0 && value.indexOf('\n') < 0) {
      out.append(value);
    } else {
      out.append('"').append(value.replace("\"", "\"\"")).append('"');
    }
    return this;
  }

  void end() {
    out.append('\n');
  }

  private static void appendScaled(StringBuilder out, long value, int decimals) {
    if (value < 0) {
      out.append('-');
    }
    String digits = Long.toString(Math.abs(value));
    if (decimals == 0) {
      out.append(digits);
      return;
    }
    int whole = digits.length() - decimals;
    if (whole > 0) {
      out.append(digits, 0, whole).append('.').append(digits, whole, digits.length());
    } else {
      out.append("0.");
      for (int i = whole; i < 0; i++) {
        out.append('0');
      }
      out.append(digits);
    }
  }
}
