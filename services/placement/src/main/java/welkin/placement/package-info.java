/**
 * The Placement service: what resources there are, who provides them, who consumes them. SQL is the
 * truth; {@link welkin.placement.index.ProviderIndex} is a copy in memory that answers searches.
 */
package welkin.placement;
