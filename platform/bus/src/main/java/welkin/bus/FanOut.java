package welkin.bus;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A method sent without waiting to <em>everyone</em> who offers its interface, the sender's own
 * process included: hints such as "look again". Nobody listening is no error, and a hint may be
 * lost: whoever hears it must also look by itself now and then. Only services send them; an agent's
 * credential does not reach them.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface FanOut {}
