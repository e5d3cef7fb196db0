package welkin.bus;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A method whose caller does not wait for it, and learns nothing of how it went. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Cast {
  /**
   * Seconds after which the message says nothing any more, as a sign of life that the next one
   * replaces. Such casts to a service wait in a bounded queue of their own, where the oldest give
   * way, so that a slow worker always reads fresh ones. 0: an ordinary cast, which waits for at
   * most a minute.
   */
  int validSeconds() default 0;
}
