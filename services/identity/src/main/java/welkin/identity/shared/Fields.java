package welkin.identity.shared;

import welkin.core.Fault;
import welkin.http.Call;
import welkin.http.ObjectShape;
import welkin.http.Shape;

/** Shapes that most nouns use, and where an unnamed domain comes from. */
public final class Fields {
  /** Something but blanks, of whatever script: blanks at its ends are cut off. */
  public static final Shape NAME = name(255);

  /** The same for projects and groups. */
  public static final Shape SHORT_NAME = name(64);

  public static final Shape TEXT = Shape.string().nullable();
  public static final Shape ID = Shape.string().length(1, 64).pattern("^[a-zA-Z0-9-]+$");
  public static final Shape FLAG = Shape.bool();
  public static final Shape OPTIONS = Shape.object().optional("immutable", Shape.bool().nullable());
  public static final Shape ANY_OBJECT = Shape.object();

  private Fields() {}

  private static Shape name(int most) {
    return Shape.string().length(1, most).pattern("[^\\s\\p{Z}\\x1c-\\x1f\\x85]");
  }

  /** A body of one object under its noun, said in keystone's words. */
  public static Shape body(String noun, ObjectShape shape) {
    return Shape.object().required(noun, shape).said(Shape.Style.KEYSTONE);
  }

  /** The domain a request names, else the one its token is of, else the default one. */
  public static String domain(Call call, Attributes given) {
    var id = given.text("domain_id");
    if (id != null) {
      return id;
    }
    var caller = call.caller();
    return caller.domainId() != null
        ? caller.domainId()
        : caller.projectDomainId() != null ? caller.projectDomainId() : "default";
  }

  /** Refuses an update of what never changes. */
  public static void same(Attributes given, String field, String was) {
    if (given.has(field) && !java.util.Objects.equals(given.text(field), was)) {
      throw Fault.badRequest("Invalid input for field '" + field + "': it cannot be changed.");
    }
  }
}
