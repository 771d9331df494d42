package io.cogaze.report;

/**
 * What stands around a table: its caption, and under it a box in which a wide table scrolls. The
 * caption is outside the box, so that it can be read on a narrow screen without scrolling.
 */
final class TableFrame {
  private final Markup page;
  private int tables;

  TableFrame(Markup page) {
    this.page = page;
  }

  /** Opens a table; {@link #close} ends it. */
  void open(String caption, String style) {
    String id = "table-" + tables++;
    page.open("figure", "class", "table");
    page.element("figcaption", caption, "id", id);
    page.open("div", "class", "scroll", "role", "region", "tabindex", "0", "aria-labelledby", id);
    page.open("table", "class", style, "aria-labelledby", id);
  }

  void close() {
    page.close("table").close("div").close("figure");
  }
}
