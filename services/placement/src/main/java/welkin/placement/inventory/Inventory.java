package welkin.placement.inventory;

/**
 * How much of one resource class a provider has.
 *
 * @param total what is there
 * @param reserved of that, not for allocations
 * @param minUnit the least one allocation may take
 * @param maxUnit the most one allocation may take
 * @param stepSize an allocation is a multiple of it
 * @param allocationRatio how often the same thing may be given away
 * @param used the sum of the allocations, kept in their transactions
 */
public record Inventory(
    String resourceClass,
    long total,
    long reserved,
    long minUnit,
    long maxUnit,
    long stepSize,
    double allocationRatio,
    long used) {

  /** What may be allocated in all: {@code (total - reserved) * ratio}, rounded down. */
  public long capacity() {
    return (long) ((total - reserved) * allocationRatio);
  }

  /** Whether one allocation may be this large. */
  public boolean allows(long amount) {
    return amount >= minUnit && amount <= maxUnit && amount % stepSize == 0;
  }

  /** Whether this much more fits now. */
  public boolean hasRoomFor(long amount) {
    return used + amount <= capacity();
  }
}
