package welkin.compute.keypair;

import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import welkin.core.Fault;
import welkin.core.Secret;
import welkin.http.Paging;
import welkin.peers.Backend;
import welkin.store.Database;
import welkin.store.Events;
import welkin.store.Quotas;

/** What one can do with keypairs. */
public final class Keypairs {
  private final Database database;
  private final Events events;
  private final Quotas quotas;
  private final InstantSource clock;
  private final KeyMaker keys;

  public Keypairs(Backend backend, Quotas quotas, KeyMaker keys) {
    this.database = backend.database();
    this.events = backend.events();
    this.clock = backend.clock();
    this.quotas = quotas;
    this.keys = keys;
  }

  /**
   * A keypair and, when we made it, its private key, which is told once and kept nowhere.
   *
   * @param privateKey PEM, or null when the public key was given
   */
  record Created(Keypair keypair, Secret privateKey) {}

  /**
   * @param publicKey OpenSSH line or PEM certificate; null to have a pair made
   * @throws Fault 400 for a key that cannot be read, 403 over quota, 409 for a name in use
   */
  Created create(String userId, String projectId, String name, String type, String publicKey) {
    var made = publicKey == null ? keys.make(type, userId) : null;
    var key = made == null ? publicKey : made.publicKey();
    var keypair =
        new Keypair(0, userId, name, type, KeyMaker.fingerprint(type, key), key, clock.instant());
    return database.tx(
        sql -> {
          if (KeypairStore.find(sql, userId, name).isPresent()) {
            throw Fault.conflict("Key pair '" + name + "' already exists.");
          }
          quotas.fits(
              sql,
              projectId,
              "key_pairs",
              any -> KeypairStore.count(sql, userId),
              1,
              "Quota exceeded, too many key pairs.");
          KeypairStore.insert(sql, keypair);
          events.append(
              sql, "keypair.create.end", projectId, name, Map.of("key_name", name, "type", type));
          return new Created(
              KeypairStore.find(sql, userId, name).orElseThrow(),
              made == null ? null : made.privateKey());
        });
  }

  /**
   * @throws Fault 404
   */
  Keypair show(String userId, String name) {
    return find(userId, name).orElseThrow(() -> absent(userId, name));
  }

  /** For the boot of a server. */
  public Optional<Keypair> find(String userId, String name) {
    return database.read(sql -> KeypairStore.find(sql, userId, name));
  }

  List<Keypair> list(String userId, Paging page) {
    return database.read(sql -> KeypairStore.list(sql, userId, page));
  }

  /**
   * @throws Fault 404
   */
  void delete(String userId, String projectId, String name) {
    database.change(
        sql -> {
          if (!KeypairStore.delete(sql, userId, name)) {
            throw absent(userId, name);
          }
          events.append(sql, "keypair.delete.end", projectId, name, Map.of("key_name", name));
        });
  }

  private static Fault absent(String userId, String name) {
    return Fault.notFound("Keypair " + name + " not found for user " + userId);
  }
}
