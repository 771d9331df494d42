package io.cogaze.train.plan;

import io.cogaze.train.plan.ResourceSum.Amount;

/**
 * What the machines give to training, as far as the submission says it.
 *
 * @param oneJvm whether the driver computes itself ({@code local[N]})
 * @param slots tasks that one JVM runs at once
 * @param driverHeap largest heap of the driver
 * @param executorHeap largest heap of each executor; the driver's when it computes itself
 * @param executorNative memory of each executor outside its heap; in one JVM what the machine
 *     leaves beside the heap
 * @param arrays most that ND4J may take in each executor
 * @param driverArrays most that ND4J may take in the driver
 * @param gpus graphics processors of each executor; 0 without
 * @param gpu memory of each graphics processor
 * @param disk free space where the run folder lies
 * @param diskCopies copies that the file system keeps of each file
 * @param diskHeld space that the run's checkpoints hold already
 */
public record GivenResources(
    boolean oneJvm,
    int slots,
    Amount driverHeap,
    Amount executorHeap,
    Amount executorNative,
    Amount arrays,
    Amount driverArrays,
    int gpus,
    Amount gpu,
    Amount disk,
    int diskCopies,
    Amount diskHeld) {}
