package welkin.bus;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The argument that says which host speaks: its name, or a record whose {@code host} is its name.
 * Over a broker an agent may name only the host its credential belongs to; another is refused with
 * 403.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.PARAMETER)
public @interface Speaker {}
