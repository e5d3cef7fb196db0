package welkin.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static welkin.compute.Cloud.ADMIN;
import static welkin.compute.Cloud.ALICE;

import org.junit.jupiter.api.Nested;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.core.Json;
import welkin.testkit.WorkflowTrials;
import welkin.workflow.Probe;
import welkin.workflow.WorkflowEngine;

/** The trials of what moves servers, on simulated hosts. */
class MoveTrialsTest {
  /** A server that runs, on one of two hosts, before the trial begins. */
  private abstract static class World extends TrialWorld {
    final MovingHosts hosts = new MovingHosts((s, p) -> now.get().wired(s, p), "one", "two");
    String source;

    @Override
    public WorkflowEngine engine(Probe probe) {
      if (isNew()) {
        open(Probe.NONE);
        flavor(1);
        flavor(2);
        now.get().settled(create());
        assertThat(show("status")).isEqualTo("ACTIVE");
        source = show("OS-EXT-SRV-ATTR:host");
        prepare();
        now.get().compute.close();
      }
      return open(probe).compute.engine();
    }

    @Override
    void start(Cloud cloud) {
      cloud.start(hosts.agents);
    }

    void prepare() {}

    String other() {
      return source.equals("one") ? "two" : "one";
    }

    String show(String field) {
      return now.get().get(ADMIN, "/servers/" + id).json().get("server").path(field).asString("");
    }

    String act(String body, int status) {
      var told = now.get().post(ADMIN, "/servers/" + id + "/action", body);
      assertThat(told.status()).as(told.json().toString()).isEqualTo(status);
      return id;
    }

    String migration() {
      return now.get()
          .get(ADMIN, "/os-migrations?instance_uuid=" + id)
          .text("/migrations/0/status");
    }

    long used(String resource) {
      return now.get()
          .get(ALICE, "/limits")
          .json()
          .at("/limits/absolute/total" + resource + "Used")
          .asLong();
    }

    /** It runs on a host, once, and everybody says so. */
    void mustRunOn(String host, int flavor) {
      assertThat(show("status")).isEqualTo("ACTIVE");
      assertThat(show("OS-EXT-STS:task_state")).isEmpty();
      assertThat(show("OS-EXT-SRV-ATTR:host")).isEqualTo(host);
      assertThat(hosts.power(host, id)).isEqualTo(PowerState.RUNNING);
      assertThat(hosts.running(id)).isEqualTo(1);
      var port = neighbours.ports.values().iterator().next();
      assertThat(Json.string(port, "binding:host_id")).isEqualTo(host);
      assertThat(used("Cores")).isEqualTo(flavor);
      assertThat(used("RAM")).isEqualTo(512L * flavor);
    }

    /** Nothing of a move is left. */
    void mustBeOnlyOn(String host, int flavor) {
      mustRunOn(host, flavor);
      assertThat(hosts.copies(id)).isEqualTo(1);
      assertThat(neighbours.allocations).hasSize(1);
      assertThat(neighbours.consumersAt(host)).containsExactly(id);
      var port = neighbours.ports.values().iterator().next();
      assertThat(neighbours.ready(Json.string(port, "id"))).isEmpty();
    }

    void mustWaitOn(String host, int flavor) {
      assertThat(show("status")).isEqualTo("VERIFY_RESIZE");
      assertThat(show("OS-EXT-STS:task_state")).isEmpty();
      assertThat(show("OS-EXT-SRV-ATTR:host")).isEqualTo(host);
      assertThat(migration()).isEqualTo("finished");
      assertThat(hosts.running(id)).isLessThanOrEqualTo(1);
      assertThat(neighbours.allocations).hasSize(2);
      assertThat(neighbours.consumersAt(host)).contains(id);
      assertThat(used("Cores")).isEqualTo(flavor);
    }
  }

  @Nested
  class Migrating extends WorkflowTrials {
    @Override
    protected World world() {
      return new MoveTrialsTest.World() {
        @Override
        public String begin(WorkflowEngine engine) {
          return act("{`migrate`:null}", 202);
        }

        @Override
        public void mustBeDone() {
          mustWaitOn(other(), 1);
          assertThat(hosts.power(other(), id)).isEqualTo(PowerState.RUNNING);
          assertThat(hosts.power(source, id)).isEqualTo(PowerState.SHUTDOWN);
          assertThat(neighbours.consumersAt(source)).hasSize(1);
        }

        @Override
        public void mustBeClean() {
          assertThat(migration()).isEqualTo("error");
          mustBeOnlyOn(source, 1);
        }
      };
    }
  }

  @Nested
  class Resizing extends WorkflowTrials {
    @Override
    protected World world() {
      return new MoveTrialsTest.World() {
        @Override
        public String begin(WorkflowEngine engine) {
          return act("{`resize`:{`flavorRef`:`2`}}", 202);
        }

        @Override
        public void mustBeDone() {
          mustWaitOn(show("OS-EXT-SRV-ATTR:host"), 2);
          assertThat(hosts.running(id)).isEqualTo(1);
        }

        @Override
        public void mustBeClean() {
          assertThat(migration()).isEqualTo("error");
          mustBeOnlyOn(source, 1);
        }
      };
    }
  }

  /** A server that has been moved and waits. */
  private abstract static class Moved extends World {
    @Override
    void prepare() {
      act("{`migrate`:null}", 202);
      now.get().settled(id);
      assertThat(show("status")).isEqualTo("VERIFY_RESIZE");
    }
  }

  @Nested
  class Confirming extends WorkflowTrials {
    @Override
    protected World world() {
      return new Moved() {
        @Override
        public String begin(WorkflowEngine engine) {
          return act("{`confirmResize`:null}", 204);
        }

        @Override
        public void mustBeDone() {
          assertThat(migration()).isEqualTo("confirmed");
          mustBeOnlyOn(other(), 1);
        }

        /** What is gone is gone by intention; it may be confirmed again. */
        @Override
        public void mustBeClean() {
          assertThat(show("status")).isEqualTo("VERIFY_RESIZE");
          assertThat(migration()).isEqualTo("finished");
          assertThat(hosts.power(other(), id)).isEqualTo(PowerState.RUNNING);
        }
      };
    }
  }

  @Nested
  class Reverting extends WorkflowTrials {
    @Override
    protected World world() {
      return new Moved() {
        @Override
        public String begin(WorkflowEngine engine) {
          return act("{`revertResize`:null}", 202);
        }

        @Override
        public void mustBeDone() {
          assertThat(migration()).isEqualTo("reverted");
          mustBeOnlyOn(source, 1);
        }

        /** What is swept away afterwards may fail too: then it is swept later. */
        @Override
        public void mustBeClean() {
          if (migration().equals("reverted")) {
            mustRunOn(source, 1);
            return;
          }
          mustWaitOn(other(), 1);
          assertThat(hosts.power(other(), id)).isEqualTo(PowerState.RUNNING);
        }
      };
    }
  }

  @Nested
  class MigratingLive extends WorkflowTrials {
    @Override
    protected World world() {
      return new MoveTrialsTest.World() {
        @Override
        public String begin(WorkflowEngine engine) {
          return act("{`os-migrateLive`:{`host`:null,`block_migration`:`auto`}}", 202);
        }

        @Override
        public void mustBeDone() {
          assertThat(migration()).isEqualTo("completed");
          mustBeOnlyOn(other(), 1);
        }

        /** Once it has arrived it is there, whatever fails then; before, it has never left. */
        @Override
        public void mustBeClean() {
          var host = show("OS-EXT-SRV-ATTR:host");
          if (host.equals(source)) {
            assertThat(migration()).isEqualTo("failed");
            mustBeOnlyOn(source, 1);
          } else {
            assertThat(migration()).isEqualTo("completed");
            mustRunOn(host, 1);
          }
        }
      };
    }
  }

  @Nested
  class Evacuating extends WorkflowTrials {
    @Override
    protected World world() {
      return new MoveTrialsTest.World() {
        @Override
        void prepare() {
          var cloud = now.get();
          var service = cloud.get(ADMIN, "/os-services?host=" + source).text("/services/0/id");
          assertThat(cloud.put(ADMIN, "/os-services/" + service, "{`forced_down`:true}").status())
              .isEqualTo(200);
        }

        @Override
        public String begin(WorkflowEngine engine) {
          return body("2.94", "{`evacuate`:{}}");
        }

        private String body(String version, String body) {
          var told = now.get().call(ADMIN, version, "POST", "/servers/" + id + "/action", body);
          assertThat(told.status()).as(told.json().toString()).isEqualTo(200);
          return id;
        }

        @Override
        public void mustBeDone() {
          assertThat(migration()).isIn("done", "completed");
          mustRunOn(other(), 1);
          assertThat(neighbours.allocations).hasSize(1);
          assertThat(neighbours.consumersAt(other())).containsExactly(id);
        }

        @Override
        public void mustBeClean() {
          assertThat(show("status")).isEqualTo("ERROR");
          assertThat(show("OS-EXT-SRV-ATTR:host")).isEqualTo(source);
          assertThat(hosts.power(other(), id)).isNull();
          assertThat(neighbours.consumersAt(source)).containsExactly(id);
          assertThat(neighbours.allocations).hasSize(1);
        }
      };
    }
  }
}
