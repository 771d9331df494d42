package io.cogaze.train.plan;

import io.cogaze.error.ConfigurationException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What training needs of each resource against what there is of it. Pure arithmetic, in MiB.
 *
 * @param budgets one for each resource
 * @param notes sentences for people: what the sum does not know
 */
public record ResourceSum(List<Budget> budgets, List<String> notes) {
  public ResourceSum {
    budgets = List.copyOf(budgets);
    notes = List.copyOf(notes);
  }

  /**
   * An amount.
   *
   * @param mb MiB, rounded up
   * @param what it is for, or where it comes from
   */
  public record Amount(long mb, String what) {
    private static final long UNKNOWN = Long.MIN_VALUE;
    private static final double MIB = 1024.0 * 1024.0;

    /** Nobody says how much. */
    public static Amount unknown(String what) {
      return new Amount(UNKNOWN, what);
    }

    /** Bytes, rounded up to MiB. */
    public static Amount ofBytes(double bytes, String what) {
      return new Amount((long) Math.ceil(bytes / MIB), what);
    }

    /** Whether somebody says how much. */
    public boolean isKnown() {
      return mb != UNKNOWN;
    }
  }

  /**
   * A resource.
   *
   * @param resource its name
   * @param needs what it is needed for
   * @param given how much of it there is
   * @param fix what makes it fit
   */
  public record Budget(String resource, List<Amount> needs, Amount given, String fix) {
    public Budget {
      needs = List.copyOf(needs);
    }

    /** The sum, MiB. */
    public long neededMb() {
      return needs.stream().mapToLong(Amount::mb).sum();
    }

    /** False when it is known that there is less than is needed. */
    public boolean fits() {
      return !given.isKnown() || neededMb() <= given.mb();
    }

    private void describe(List<String> lines) {
      lines.add(
          resource
              + ": "
              + neededMb()
              + " needed, "
              + (given.isKnown()
                  ? given.mb() + " given (" + given.what() + ")"
                  : "not known how much there is (" + given.what() + ")")
              + (fits() ? "" : "  <- does not fit"));
      for (Amount need : needs) {
        lines.add(String.format(Locale.ROOT, "  %10d  %s", need.mb(), need.what()));
      }
    }
  }

  /** Whether nothing is known to be too little. */
  public boolean fits() {
    return budgets.stream().allMatch(Budget::fits);
  }

  /** The whole sum, a line for each amount. */
  public String table() {
    List<String> lines = new ArrayList<>();
    lines.add("what training takes, in MiB:");
    budgets.forEach(budget -> budget.describe(lines));
    notes.forEach(note -> lines.add("note: " + note));
    return String.join("\n", lines);
  }

  /**
   * Refuses a sum that cannot fit.
   *
   * <p>Errors: {@link ConfigurationException} with the whole sum and what to change.
   *
   * @param overrideKey the setting that starts in spite of the sum
   */
  public void requireFit(String overrideKey) {
    if (fits()) {
      return;
    }
    List<String> lines = new ArrayList<>();
    List<String> names =
        budgets.stream().filter(budget -> !budget.fits()).map(Budget::resource).toList();
    lines.add("Cannot start training: there is not enough " + String.join(", ", names) + ".");
    lines.add(table());
    for (Budget budget : budgets) {
      if (!budget.fits()) {
        lines.add("fix: " + budget.resource() + ": " + budget.fix());
      }
    }
    lines.add(
        "     or, if you know better, --set "
            + overrideKey
            + "=true: it starts all the same, and may be killed for want of what is missing");
    throw new ConfigurationException(String.join("\n", lines));
  }
}
