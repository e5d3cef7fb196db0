package welkin.identity;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Rows of keystone's table that a test shows to answer a proper request as documented. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@interface Shows {
  /** Method, path and, where a row has it, kind of login. */
  String[] value();
}
