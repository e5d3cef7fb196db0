package welkin.compute;

import java.util.List;
import welkin.compute.metadata.GuestDocuments;
import welkin.compute.metadata.GuestPasswords;
import welkin.compute.metadata.MetadataApi;
import welkin.compute.metadata.MetadataSecret;
import welkin.core.Config;
import welkin.core.Secret;
import welkin.http.Service;
import welkin.http.policy.PolicyEngine;
import welkin.peers.Platform;
import welkin.store.Database;

/** What guests are told of themselves, and what they tell. */
final class MetadataPart {
  /** What the metadata proxies of hosts sign with, when they are in other processes. */
  static final Config.Key<String> SECRET =
      Config.Key.text(
          "metadata.shared_secret",
          "",
          "What hosts and Compute share for metadata, the same everywhere; empty on one machine.");

  private final MetadataSecret secret;
  private final GuestPasswords passwords;
  private final Service api;

  MetadataPart(
      Database database, Platform platform, GuestDocuments documents, PolicyEngine policy) {
    var told = platform.config().get(SECRET);
    secret =
        told.isEmpty()
            ? MetadataSecret.at(platform.home().resolve("metadata.secret"))
            : MetadataSecret.of(Secret.of(told));
    passwords = new GuestPasswords(database);
    api =
        Service.of(
            "metadata",
            "/metadata",
            new MetadataApi(database, documents, passwords, secret).routes(),
            MetadataApi::fault,
            policy,
            null);
  }

  static List<Config.Key<?>> options() {
    return List.of(SECRET);
  }

  Secret secret() {
    return secret.secret();
  }

  GuestPasswords passwords() {
    return passwords;
  }

  Service api() {
    return api;
  }
}
