package welkin.http;

import java.util.ArrayList;
import java.util.List;

/** A service's route table, as it is written: one row a line. */
public final class Routes {
  private final List<Route> rows = new ArrayList<>();
  private final String prefix;

  /**
   * @param prefix put before every path, e.g. {@code /v2.1}
   */
  public Routes(String prefix) {
    this.prefix = prefix;
  }

  public Route get(String path, Route.Handler handler) {
    return add("GET", path, null, handler);
  }

  public Route head(String path, Route.Handler handler) {
    return add("HEAD", path, null, handler);
  }

  public Route post(String path, Route.Handler handler) {
    return add("POST", path, null, handler);
  }

  public Route put(String path, Route.Handler handler) {
    return add("PUT", path, null, handler);
  }

  public Route patch(String path, Route.Handler handler) {
    return add("PATCH", path, null, handler);
  }

  public Route delete(String path, Route.Handler handler) {
    return add("DELETE", path, null, handler);
  }

  /** A POST that multiplexes by its body's one key, e.g. {@code {"os-start": null}}. */
  public Route action(String path, String key, Route.Handler handler) {
    return add("POST", path, key, handler);
  }

  private Route add(String method, String path, String action, Route.Handler handler) {
    var row = new Route(method, prefix + path, action, handler);
    rows.add(row);
    return row;
  }

  /** All rows of another table. */
  public Routes include(Routes other) {
    rows.addAll(other.rows);
    return this;
  }

  public List<Route> rows() {
    return List.copyOf(rows);
  }
}
