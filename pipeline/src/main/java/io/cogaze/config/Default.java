package io.cogaze.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The value of a key that is absent, for records inside lists and maps: their defaults cannot stand
 * in {@code reference.conf}. Records bound at a fixed path must not use it, so that every default
 * is in one place.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Default {
  /** The value as HOCON text, for instance {@code "0.5"}, {@code "[a, b]"} or {@code "{}"}. */
  String value();
}
