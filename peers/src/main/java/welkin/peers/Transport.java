package welkin.peers;

import welkin.http.Answer;
import welkin.http.Door;
import welkin.http.HttpRequest;

/** Carries a request to another service: direct to the door of this process, or over HTTP. */
@FunctionalInterface
public interface Transport {
  Answer send(HttpRequest request);

  /** No socket, the same pipeline. */
  static Transport direct(Door door) {
    return door::handle;
  }
}
