"""What `import vzor` offers: tables, building, training, models."""
