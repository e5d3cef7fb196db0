/** What every noun of Compute stands on. */
package welkin.compute.shared;
