select :name as name, :count as count, :amount as amount, :open as open, :day as day, :at as at, :colour as colour,
       :state as state, 1 in (:lines) as lines, 'x' in (:tags) as tags
