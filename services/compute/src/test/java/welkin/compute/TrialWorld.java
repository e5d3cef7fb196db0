package welkin.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static welkin.compute.Cloud.ADMIN;
import static welkin.compute.Cloud.ALICE;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import welkin.core.Ids;
import welkin.testkit.WorkflowTrials;
import welkin.workflow.Probe;

/** A cloud whose Compute may die and come again; the hosts and other services go on. */
abstract class TrialWorld implements WorkflowTrials.World {
  final Path home = Cloud.folder();
  final Neighbours neighbours = new Neighbours(Ids.system());
  final AtomicReference<Cloud> now = new AtomicReference<>();
  private final List<Cloud> all = new ArrayList<>();
  String id;

  /** Compute begins, for the first time or again. */
  Cloud open(Probe probe) {
    var cloud = new Cloud(home, neighbours, probe, "scheduler.max_attempts", 1);
    all.add(cloud);
    now.set(cloud);
    start(cloud);
    return cloud;
  }

  /** Starts it with the hosts. */
  abstract void start(Cloud cloud);

  boolean isNew() {
    return all.isEmpty();
  }

  /** A flavor of as many times 512 MiB, 1 vCPU and 1 GiB as its id says. */
  void flavor(int size) {
    now.get()
        .post(
            ADMIN,
            "/flavors",
            "{`flavor`:{`name`:`f%d`,`id`:`%d`,`ram`:%d,`vcpus`:%d,`disk`:%d}}"
                .formatted(size, size, 512 * size, size, size));
  }

  /** Asks for a server of the smallest flavor. */
  String create() {
    var told =
        now.get()
            .post(
                ALICE,
                "/servers",
                "{`server`:{`name`:`s`,`imageRef`:`"
                    + Neighbours.IMAGE
                    + "`,`flavorRef`:`1`,`networks`:[{`uuid`:`"
                    + Neighbours.NETWORK
                    + "`}]}}");
    assertThat(told.status()).isEqualTo(202);
    id = told.text("/server/id");
    return id;
  }

  @Override
  public void close() {
    all.forEach(c -> c.compute.close());
    Cloud.forget(home);
  }
}
