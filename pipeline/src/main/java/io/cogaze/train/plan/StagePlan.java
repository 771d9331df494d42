package io.cogaze.train.plan;

/** A stage of a recipe: its name and its settings. */
public record StagePlan(String name, StageSettings settings) {}
