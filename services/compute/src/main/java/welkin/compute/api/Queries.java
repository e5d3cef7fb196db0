package welkin.compute.api;

import static welkin.http.Version.v;

import welkin.core.Json;
import welkin.http.Call;
import welkin.http.ObjectShape;
import welkin.http.Shape;

/** Checks query parameters as upstream's query schemas do. */
public final class Queries {
  private static final Shape NUMBER = Shape.string().pattern("^[0-9]*$");

  private Queries() {}

  /** A query with the paging parameters; unknown parameters are refused from 2.75 on. */
  public static ObjectShape paged() {
    return Shape.object()
        .optional("limit", NUMBER)
        .optional("marker", Shape.string())
        .noOthersSince(v(2, 75));
  }

  /** Refuses a query that does not fit; every value of a repeated parameter is looked at. */
  public static void check(Call call, ObjectShape shape) {
    int most = 0;
    for (var values : call.query().values()) {
      most = Math.max(most, values.size());
    }
    for (int i = 0; i < most; i++) {
      var seen = Json.object();
      for (var e : call.query().entrySet()) {
        if (i < e.getValue().size()) {
          seen.put(e.getKey(), e.getValue().get(i));
        }
      }
      shape.check(seen, call.version(), Shape.Style.NOVA_QUERY);
    }
  }
}
