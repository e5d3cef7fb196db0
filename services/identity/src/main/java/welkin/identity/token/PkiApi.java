package welkin.identity.token;

import welkin.core.Fault;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;

/** What PKI tokens needed; they are gone upstream as well, and so it is said. */
public final class PkiApi {
  private PkiApi() {}

  public static Routes routes() {
    var r = new Routes("/v3");
    for (var path :
        new String[] {
          "/auth/tokens/OS-PKI/revoked", "/OS-SIMPLE-CERT/ca", "/OS-SIMPLE-CERT/certificates"
        }) {
      r.get(path, PkiApi::gone).open().success(410);
    }
    return r;
  }

  private static Answer gone(Call call) {
    throw Fault.of(410, "Gone", "PKI tokens are no longer supported.");
  }
}
