package welkin.compute.scheduler;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Where there is room, as Placement says. The answer of a large cloud is long, and the same for
 * every boot of a flavor, so it is used for a moment; what this process claims meanwhile is taken
 * off. It decides only who is asked first: a claim on what another took is refused by Placement,
 * and who finds nothing asks anew.
 */
public final class Room {
  private static final Duration MOMENT = Duration.ofSeconds(1);

  /** Fewer hosts cost little to ask for. */
  private static final int MANY = 100;

  /** Flavors of a moment; more start over. */
  private static final int KINDS = 200;

  private final Placement placement;
  private final Map<Question, Answer> answers = new ConcurrentHashMap<>();

  public Room(Placement placement) {
    this.placement = placement;
  }

  private record Question(
      Map<String, Long> resources, List<String> required, List<String> forbidden) {}

  private static final class Answer {
    final ReentrantLock lock = new ReentrantLock();
    volatile Map<String, Map<String, Long>> free;
    long at;

    boolean recent() {
      return free != null && free.size() >= MANY && System.nanoTime() - at < MOMENT.toNanos();
    }
  }

  /**
   * @param free by provider and resource
   * @param recent whether it was asked for a moment ago, not now
   */
  public record Known(Map<String, Map<String, Long>> free, boolean recent) {}

  /**
   * What is free at the providers that have room for all of it.
   *
   * @param recent whether an answer of a moment ago will do
   */
  public Known free(
      Map<String, Long> resources,
      Collection<String> required,
      Collection<String> forbidden,
      boolean recent) {
    var question =
        new Question(Map.copyOf(resources), List.copyOf(required), List.copyOf(forbidden));
    if (answers.size() > KINDS) {
      answers.clear();
    }
    var answer = answers.computeIfAbsent(question, q -> new Answer());
    answer.lock.lock();
    try {
      boolean known = recent && answer.recent();
      if (!known) {
        var free = new ConcurrentHashMap<String, Map<String, Long>>();
        for (var candidate : placement.candidates(resources, required, forbidden)) {
          var left = new HashMap<String, Long>();
          candidate.resources().forEach((resource, s) -> left.put(resource, s.free()));
          free.put(candidate.provider(), left);
        }
        answer.at = System.nanoTime();
        answer.free = free;
      }
      return new Known(answer.free, known);
    } finally {
      answer.lock.unlock();
    }
  }

  /** This process holds something more. */
  public void claimed(String provider, Map<String, Long> resources) {
    for (var answer : answers.values()) {
      var free = answer.free;
      if (free != null) {
        free.computeIfPresent(
            provider,
            (p, before) -> {
              var left = new HashMap<>(before);
              resources.forEach((resource, n) -> left.merge(resource, -n, Long::sum));
              return left;
            });
      }
    }
  }

  /** Another was faster there: it is not asked first again. */
  public void full(String provider) {
    for (var answer : answers.values()) {
      var free = answer.free;
      if (free != null) {
        free.remove(provider);
      }
    }
  }
}
