package welkin.peers;

import java.util.function.Predicate;
import welkin.http.Answer;
import welkin.http.Door;
import welkin.http.HttpRequest;

/** Carries a request to another service: direct to the door of this process, or over HTTP. */
@FunctionalInterface
public interface Transport {
  /**
   * @throws welkin.core.Fault {@link welkin.core.Fault#away} when no answer came
   */
  Answer send(HttpRequest request);

  /** No socket, the same pipeline. */
  static Transport direct(Door door) {
    return door::handle;
  }

  /**
   * Direct for the services of this process, elsewhere for all others.
   *
   * @param here which types of service answer at the door of this process
   */
  static Transport routed(Predicate<String> here, Transport direct, Transport elsewhere) {
    return request ->
        (here.test(Endpoints.service(request.path())) ? direct : elsewhere).send(request);
  }
}
