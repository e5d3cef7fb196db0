package welkin.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static welkin.compute.Cloud.ALICE;

import org.junit.jupiter.api.Nested;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.testkit.WorkflowTrials;
import welkin.workflow.Probe;
import welkin.workflow.WorkflowEngine;

/** The trials of the work on servers. */
class ServerTrialsTest {
  private abstract static class World extends TrialWorld {
    final TestHost one = new TestHost("one", (s, p) -> now.get().wired(s, p));
    final TestHost two = new TestHost("two", (s, p) -> now.get().wired(s, p));

    @Override
    public WorkflowEngine engine(Probe probe) {
      return open(probe).compute.engine();
    }

    @Override
    void start(Cloud cloud) {
      cloud.start(one, two);
    }

    String status() {
      return now.get().get(ALICE, "/servers/" + id).text("/server/status");
    }

    int guests() {
      return one.guests.size() + two.guests.size();
    }
  }

  @Nested
  class Creating extends WorkflowTrials {
    @Override
    protected World world() {
      return new ServerTrialsTest.World() {
        @Override
        public String begin(WorkflowEngine engine) {
          flavor(1);
          return create();
        }

        @Override
        public void mustBeDone() {
          assertThat(status()).isEqualTo("ACTIVE");
          assertThat(guests()).isEqualTo(1);
          assertThat(neighbours.ports).hasSize(1);
          assertThat(neighbours.allocations).hasSize(1);
        }

        @Override
        public void mustBeClean() {
          assertThat(status()).isEqualTo("ERROR");
          assertThat(guests()).isZero();
          assertThat(neighbours.ports).isEmpty();
          assertThat(neighbours.allocations).isEmpty();
        }
      };
    }
  }

  /** A server that stands, before the trial begins. */
  private abstract static class Standing extends World {
    @Override
    public WorkflowEngine engine(Probe probe) {
      if (isNew()) {
        open(Probe.NONE);
        flavor(1);
        now.get().settled(create());
        prepare();
        now.get().compute.close();
      }
      return super.engine(probe);
    }

    void prepare() {}

    String act(String body) {
      assertThat(now.get().post(ALICE, "/servers/" + id + "/action", body).status()).isEqualTo(202);
      return id;
    }

    PowerState power() {
      return (one.guests.containsKey(id) ? one : two).guests.get(id).power();
    }

    int shown() {
      return now.get().get(ALICE, "/servers/" + id).json().at("/server/addresses/private").size();
    }

    /** Nothing is under way any more, and there is still one server with what it had. */
    void mustStand(int ports) {
      var task = now.get().get(ALICE, "/servers/" + id).json().at("/server/OS-EXT-STS:task_state");
      assertThat(task.isNull()).isTrue();
      assertThat(guests()).isEqualTo(1);
      assertThat(neighbours.ports).hasSize(ports);
      assertThat(shown()).isEqualTo(ports);
      assertThat(neighbours.allocations).hasSize(1);
    }
  }

  @Nested
  class Deleting extends WorkflowTrials {
    @Override
    protected World world() {
      return new Standing() {
        @Override
        public String begin(WorkflowEngine engine) {
          assertThat(now.get().delete(ALICE, "/servers/" + id).status()).isEqualTo(204);
          return id;
        }

        @Override
        public void mustBeDone() {
          assertThat(now.get().get(ALICE, "/servers/" + id).status()).isEqualTo(404);
          assertThat(guests()).isZero();
          assertThat(neighbours.ports).isEmpty();
          assertThat(neighbours.allocations).isEmpty();
        }

        /** A deletion cannot be undone: it ends in an error, and deleting again does the rest. */
        @Override
        public void mustBeClean() {
          assertThat(status()).isEqualTo("ERROR");
          assertThat(now.get().get(ALICE, "/servers/" + id).json().at("/server/fault").has("code"))
              .isTrue();
        }
      };
    }
  }

  @Nested
  class Stopping extends WorkflowTrials {
    @Override
    protected World world() {
      return new Standing() {
        @Override
        public String begin(WorkflowEngine engine) {
          return act("{`os-stop`:null}");
        }

        @Override
        public void mustBeDone() {
          assertThat(status()).isEqualTo("SHUTOFF");
          assertThat(power()).isEqualTo(PowerState.SHUTDOWN);
        }

        @Override
        public void mustBeClean() {
          mustStand(1);
        }
      };
    }
  }

  @Nested
  class Rebuilding extends WorkflowTrials {
    @Override
    protected World world() {
      return new Standing() {
        @Override
        public String begin(WorkflowEngine engine) {
          return act("{`rebuild`:{`imageRef`:`" + Neighbours.IMAGE + "`}}");
        }

        @Override
        public void mustBeDone() {
          assertThat(status()).isEqualTo("ACTIVE");
          assertThat(power()).isEqualTo(PowerState.RUNNING);
          mustStand(1);
        }

        /** What was there is gone by intention; a rebuild that fails leaves an error. */
        @Override
        public void mustBeClean() {
          assertThat(status()).isEqualTo("ERROR");
          assertThat(neighbours.ports).hasSize(1);
          assertThat(neighbours.allocations).hasSize(1);
        }
      };
    }
  }

  @Nested
  class Attaching extends WorkflowTrials {
    @Override
    protected World world() {
      return new Standing() {
        @Override
        public String begin(WorkflowEngine engine) {
          var cloud = now.get();
          // who asks waits for the answer; the trial does not
          Thread.startVirtualThread(
              () ->
                  cloud.post(
                      ALICE,
                      "/servers/" + id + "/os-interface",
                      "{`interfaceAttachment`:{`net_id`:`" + Neighbours.NETWORK + "`}}"));
          long end = System.nanoTime() + 5_000_000_000L;
          while (actions() < 2 && System.nanoTime() < end) {
            Thread.yield();
          }
          return id;
        }

        private int actions() {
          return now.get()
              .get(ALICE, "/servers/" + id + "/os-instance-actions")
              .json()
              .get("instanceActions")
              .size();
        }

        private int nics() {
          return one.nics.getOrDefault(id, 0) + two.nics.getOrDefault(id, 0);
        }

        @Override
        public void mustBeDone() {
          mustStand(2);
          assertThat(nics()).isPositive();
        }

        @Override
        public void mustBeClean() {
          mustStand(1);
          assertThat(nics()).isLessThanOrEqualTo(0);
        }
      };
    }
  }
}
