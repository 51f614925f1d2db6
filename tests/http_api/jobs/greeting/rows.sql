select :who as who
