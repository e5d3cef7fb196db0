package welkin.image;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.core.Config;
import welkin.http.Routes;
import welkin.http.Service;
import welkin.http.policy.PolicyTable;
import welkin.image.data.Contents;
import welkin.image.data.DataApi;
import welkin.image.data.FileStore;
import welkin.image.discovery.DiscoveryApi;
import welkin.image.image.ImageApi;
import welkin.image.image.ImageQuotas;
import welkin.image.image.ImageStore;
import welkin.image.image.Images;
import welkin.image.member.MemberApi;
import welkin.image.member.MemberStore;
import welkin.image.member.Members;
import welkin.image.task.TaskStore;
import welkin.peers.Backend;
import welkin.peers.CloudService;
import welkin.peers.IdentityLimits;
import welkin.peers.Platform;
import welkin.peers.Roles;
import welkin.store.Database;
import welkin.store.Events;

/** The Image service: its nouns, schema and API. */
public final class ImageService implements CloudService {
  private static final Logger log = LoggerFactory.getLogger(ImageService.class);

  /** Content that nobody wrote to for so long is no more coming. */
  private static final Duration SILENCE = Duration.ofMinutes(15);

  private final Database database;
  private final Events events;
  private final Contents contents;
  private final Service api;
  private final boolean shared;
  private ScheduledExecutorService timer;

  public ImageService(Platform platform) {
    var config = platform.config();
    var unified =
        IdentityLimits.chosen(
            platform, type(), config.get(ImageOptions.UNIFIED) ? "unified" : "local");
    var schema =
        platform.database(
            "image", List.of("/welkin/image/V001__image.sql", "/welkin/image/V002__task.sql"));
    database = unified == null ? schema : schema.asking(unified);
    var clock = platform.clock();
    var backend = new Backend(database, new Events(clock), clock, platform.ids());
    events = backend.events();
    shared = platform.databases().shared();
    var options = ImageOptions.of(config);
    var files = new FileStore(ImageOptions.folder(config, platform.home()));
    var store = new ImageStore();
    var members = new MemberStore();
    var tasks = new TaskStore(platform.ids());
    var quotas = new ImageQuotas(options, unified, store);
    var images = new Images(backend, quotas, files, store, members, tasks);
    contents = new Contents(backend, quotas, files, store, images, tasks);

    var routes = new Routes("");
    routes.include(new ImageApi(images, platform.ids(), clock).routes());
    routes.include(new DataApi(images, contents).routes());
    routes.include(new MemberApi(new Members(backend, options, images, members)).routes());
    routes.include(new DiscoveryApi(database, quotas).routes());
    api =
        Service.of(
            "image",
            "/image",
            routes,
            ImageFaults::render,
            PolicyTable.beside(ImageService.class)
                .engine()
                .withOverrides(platform.home().resolve("policy").resolve("image.yaml")),
            database);
  }

  @Override
  public String type() {
    return "image";
  }

  @Override
  public Collection<Service> apis() {
    return List.of(api);
  }

  @Override
  public Database database() {
    return database;
  }

  @Override
  public Events events() {
    return events;
  }

  /** The options it reads; any other name in the configuration stops the start. */
  public static List<Config.Key<?>> options() {
    return ImageOptions.KEYS;
  }

  /** Puts back what a killed process left half done. */
  @Override
  public void start(Roles roles) {
    if (!roles.worker(type())) {
      return;
    }
    if (roles.all() && !shared) {
      contents.recover();
      return;
    }
    timer =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofVirtual().name("image-recovery").factory());
    timer.scheduleWithFixedDelay(
        this::recover, 0, SILENCE.dividedBy(2).toSeconds(), TimeUnit.SECONDS);
  }

  private void recover() {
    try {
      contents.recoverSilent(SILENCE);
    } catch (RuntimeException e) {
      log.warn("looking for abandoned uploads failed, again later: {}", e.getMessage());
    }
  }

  @Override
  public void close() {
    if (timer != null) {
      timer.shutdownNow();
    }
    database.close();
  }
}
