package welkin.bus;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * How long a call may take in all while its host is known to be working on it. Whether the host
 * still works is noticed within seconds anyway; this is the bound for a host that works without
 * ever coming to an end. Calls that do not say are given half an hour.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Within {
  int seconds();
}
