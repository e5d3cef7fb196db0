package welkin.compute.server;

import java.util.Map;
import welkin.compute.metadata.GuestPasswords;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;

/** {@code /servers/{id}/os-server-password}: what a guest posted as its password, encrypted. */
public final class PasswordApi {
  private final Lookup lookup;
  private final GuestPasswords passwords;

  public PasswordApi(Lookup lookup, GuestPasswords passwords) {
    this.lookup = lookup;
    this.passwords = passwords;
  }

  public Routes routes() {
    var r = new Routes("/v2.1");
    r.get("/servers/{id}/os-server-password", this::show)
        .policyOnTarget("os_compute_api:os-server-password:show")
        .summary("The password a guest posted to its metadata service, encrypted.");
    r.delete("/servers/{id}/os-server-password", this::clear)
        .policyOnTarget("os_compute_api:os-server-password:clear")
        .success(204)
        .summary("Forgets the posted password; the guest may post another.");
    return r;
  }

  private Answer show(Call call) {
    var server = lookup.server(call);
    return Answer.ok(Map.of("password", passwords.of(server.id()).orElse("")));
  }

  private Answer clear(Call call) {
    passwords.forget(lookup.server(call).id());
    return Answer.none();
  }
}
