package io.cogaze.run;

/**
 * Settings of {@link RunLock}, at {@code cogaze.run}.
 *
 * @param lockStaleAfterSeconds without a sign of life for so long, a lock may be taken over; at
 *     least 2. The holder gives four signs in that time.
 */
public record LockSettings(int lockStaleAfterSeconds) {
  /** What {@code reference.conf} says. */
  public static final LockSettings DEFAULT = new LockSettings(120);

  public LockSettings {
    if (lockStaleAfterSeconds < 2) {
      throw new IllegalArgumentException(
          "lock-stale-after-seconds = " + lockStaleAfterSeconds + ", expected at least 2");
    }
  }
}
